import { TeuError, type TeuErrorCode, type TeuErrorDetails } from '@teu/spec'

/** An error about one value of config.json. `pointer` is its RFC 6901 pointer; the message begins with it in dotted form.
 *  @example configError('/mounts/3/options/1', 'unknown word for a bind mount: "size=1"') */
export function configError(
  pointer: string,
  message: string,
  details: Omit<TeuErrorDetails, 'pointer'> & { code?: TeuErrorCode } = {},
): TeuError {
  const { code = 'ERR_TEU_CONFIG_INVALID', ...rest } = details
  return new TeuError(code, `${dotted(pointer)}: ${message}`, { ...rest, pointer })
}

/** One reference token of a JSON pointer, escaped. */
export function pointerToken(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** `/mounts/3/options/1` → `mounts[3].options[1]` */
function dotted(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, token) => {
      if (/^\d+$/.test(token)) return `${path}[${token}]`
      if (!/^[A-Za-z_]\w*$/.test(token)) return `${path}[${JSON.stringify(token)}]`
      return path === '' ? token : `${path}.${token}`
    }, '')
}
