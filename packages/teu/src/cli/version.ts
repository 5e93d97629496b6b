/** What this build is. */

/** Put in place by the build; absent when the sources run as they are. */
declare const TEU_COMMIT: string | undefined

/** Version of teu; a test compares it with package.json. */
export const VERSION = '0.1.0'
/** Oldest such version. */
export const OCI_VERSION_MIN = '1.0.0'

/** Commit that the executable was built from. */
export function commit(): string {
  return typeof TEU_COMMIT === 'string' ? TEU_COMMIT : 'unknown'
}

/** Name and version of the JavaScript engine underneath. */
export function engine(): string {
  const { bun, node } = process.versions
  return bun === undefined ? `node ${node}` : `bun ${bun}`
}
