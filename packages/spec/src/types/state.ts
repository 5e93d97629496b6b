/** Status words of state documents; `paused` is an addition that all runtimes share. */
export type ContainerStatus = 'creating' | 'created' | 'running' | 'paused' | 'stopped'

/** The state document: output of `state`, input of hooks. @see runtime-spec runtime.md "State" */
export interface ContainerState {
  ociVersion: string
  id: string
  status: ContainerStatus
  /** Host pid; absent or 0 once stopped. */
  pid?: number | undefined
  /** Absolute. */
  bundle: string
  annotations?: Readonly<Record<string, string>> | undefined
}

/** What a seccomp listener gets beside the descriptor. @see runtime-spec config-linux.md "The Container Process State" */
export interface ContainerProcessState {
  ociVersion: string
  /** Names of the descriptors that come along, in order: `seccompFd`. */
  fds: readonly string[]
  /** As seen by the runtime. */
  pid: number
  metadata?: string | undefined
  state: ContainerState
}
