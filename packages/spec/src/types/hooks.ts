/** A program that runs at a point of the container's life. @see runtime-spec config.md "POSIX-platform Hooks" */
export interface Hook {
  /** Absolute. */
  path: string
  /** With `args[0]`. */
  args?: readonly string[] | undefined
  /** Exactly this environment. */
  env?: readonly string[] | undefined
  /** Seconds, more than 0. Absent: no limit. */
  timeout?: number | undefined
}

/** Hooks by the point at which they run; each list in order. */
export interface Hooks {
  /** Deprecated by the specification; like `createRuntime` and before it. */
  prestart?: readonly Hook[] | undefined
  /** After the namespaces exist, before the root is changed; host paths, host namespaces. */
  createRuntime?: readonly Hook[] | undefined
  /** The same point; host paths, container namespaces. */
  createContainer?: readonly Hook[] | undefined
  /** Right before the program; container paths and namespaces. */
  startContainer?: readonly Hook[] | undefined
  /** After the program has started; host. */
  poststart?: readonly Hook[] | undefined
  /** After the container is gone; host. */
  poststop?: readonly Hook[] | undefined
}

/** Name of a hook list. */
export type HookName = keyof Hooks
