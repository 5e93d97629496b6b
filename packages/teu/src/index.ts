/** teu: run programs in containers, from TypeScript, without a daemon. */

export * from '@teu/container'
export * from '@teu/engine'
export {
  bindMount,
  defaultSpec,
  isTeuError,
  type Mount,
  type Spec,
  type SpecOptions,
  specFor,
  TeuError,
  type TeuErrorCode,
  tmpfsMount,
} from '@teu/spec'
