/**
 * Writes `src/watch/web/page.gen.ts`: the page of `teu watch --web` as one document, with its script and its style inside, and the hashes by
 * which the page's policy allows these. The result is committed, so that nothing of this is needed to build or to use the package.
 */

import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const home = dirname(dirname(fileURLToPath(import.meta.url)))
const page = join(home, 'src/watch/page')
const modules = join(home, '../../node_modules')
/** What is in the page beside our own code. */
const BUNDLED = ['preact', 'htm', 'uplot']

const ICON =
  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 28 28'><rect x='1' y='6' width='26' height='16' rx='2.5' fill='#d9542b'/>" +
  "<path d='M6.5 10v8M11.5 10v8M16.5 10v8M21.5 10v8' stroke='#fff' stroke-width='1.8' stroke-linecap='round'/></svg>"

async function bundle(file: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: readFileSync(join(page, file), 'utf8'), resolveDir: page, loader: file.endsWith('.css') ? 'css' : 'ts' },
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: ['chrome120', 'firefox121', 'safari17'],
    charset: 'utf8',
    legalComments: 'none',
    tsconfigRaw: {},
  })
  return outputFiles.map(({ text }) => text.trim()).join('')
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

function licences(): string {
  const texts = BUNDLED.map((name) => {
    const { version } = JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')) as { version: string }
    return `${name} ${version}\n\n${readFileSync(join(modules, name, 'LICENSE'), 'utf8').trim()}\n`
  })
  const text = texts.join('\n\n')
  if (/--!?>/.test(text)) throw new Error('a licence would end the comment it is in')
  return text
}

const script = await bundle('main.ts')
const style = (await bundle('uplot.css')) + (await bundle('page.css'))
if (/<\/(?:script|style)/i.test(script + style)) throw new Error('script or style would end the element it is in')

const document = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>teu watch</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}">
<style>${style}</style>
</head>
<body>
<noscript>This page needs JavaScript. In a terminal, teu watch shows the same.</noscript>
<div id="page"></div>
<script type="module">${script}</script>
</body>
</html>
<!--
This page contains the following works, each under its own licence.

${licences()}-->
`

writeFileSync(
  join(home, 'src/watch/web/page.gen.ts'),
  `/* Written by tools/generate-page.ts. */

/** The whole page, in one piece. */
export const PAGE: string = ${JSON.stringify(document)}

/** What its policy allows. */
export const PAGE_HASHES: { readonly script: string; readonly style: string } = ${JSON.stringify({ script: hashOf(script), style: hashOf(style) })}
`,
)
