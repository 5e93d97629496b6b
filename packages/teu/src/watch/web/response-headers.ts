/** Headers of every answer. */

/** Sources that the page's policy allows, as `'sha256-…'`. */
export interface PageHashes {
  readonly script: string
  readonly style: string
}

/** For whatever is answered: never stored, never guessed at, never shown within another page or read by one, and its address is told to
 *  nobody. */
export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), display-capture=(), usb=(), serial=(), hid=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}

/** The page runs the one script and the one style that it was built with, and talks to its own server. With trusted types that can be made
 *  by nobody, text cannot become markup anywhere. The only image is its icon, which is in it. */
export function pagePolicy({ script, style }: PageHashes): string {
  return [
    "default-src 'none'",
    `script-src ${script}`,
    `style-src ${style}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
}
