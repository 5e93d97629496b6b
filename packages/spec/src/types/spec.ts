import type { Hooks } from './hooks.ts'
import type { Linux } from './linux.ts'
import type { Mount } from './mount.ts'
import type { Process } from './process.ts'

/** The root file system. @see runtime-spec config.md "Root" */
export interface Root {
  /** Absolute, or relative to the bundle. */
  path: string
  /** The root is read-only inside the container. Default false. */
  readonly?: boolean | undefined
}

/**
 * A whole `config.json`, Linux part. Properties that are not listed here are allowed and ignored.
 * @see runtime-spec config.md
 */
export interface Spec {
  /** SemVer of the specification that the bundle follows, 1.x. */
  ociVersion: string
  /** What runs. May be missing for a container that is never started. */
  process?: Process | undefined
  root: Root
  /** At most 64 bytes; needs a uts namespace. */
  hostname?: string | undefined
  /** NIS domain name, at most 64 bytes; needs a uts namespace. */
  domainname?: string | undefined
  /** In the order in which they are mounted. */
  mounts?: readonly Mount[] | undefined
  hooks?: Hooks | undefined
  annotations?: Readonly<Record<string, string>> | undefined
  linux?: Linux | undefined
}
