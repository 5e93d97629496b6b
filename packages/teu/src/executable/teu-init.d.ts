/** `with { type: 'file' }`: the path of the embedded program. */
declare module '*/dist/teu-init' {
  const path: string
  export default path
}
