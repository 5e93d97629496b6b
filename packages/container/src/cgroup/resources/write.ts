/** Writes to cgroup files as data, and how one group of `linux.resources` becomes such writes. Pure. */

import { TeuError } from '@teu/spec'
import type { CgroupHierarchy } from '../locate.ts'

/** One value for one file of a cgroup. */
export interface CgroupWrite {
  /** Absolute path. */
  readonly file: string
  readonly value: string
  /** RFC 6901 pointer to what asked for it. */
  readonly pointer: string
  readonly controller: string
  /** Nothing is lost when the file does not exist: the kernel then behaves as asked anyway. */
  readonly optional?: boolean
  /** Live update only: refuse unless the new value is above what this file (absolute path) says. */
  readonly above?: string
}

/** What is known of files that only some kernels have.
 *  @param controller  the directory is that of this controller
 *  @param file  for example `io.bfq.weight` */
export type HasFile = (controller: string, file: string) => boolean

/** How a list of writes is compiled. */
export interface CompileOptions {
  /** JSON pointer of the resources. Default `/linux/resources`. */
  readonly pointer?: string
  /** Default: what a kernel of the supported range has without optional modules. */
  readonly hasFile?: HasFile
  /** Told about values that have no effect any more. Default: nobody. */
  readonly onWarning?: (message: string) => void
}

/** Assumes swap accounting and no bfq scheduler. */
export const usualFiles: HasFile = (_controller, file) => !file.includes('.bfq.')

interface PutOptions {
  /** Value that a new cgroup has by itself: not written to a new one. */
  readonly initial?: string
  readonly optional?: boolean
  readonly above?: string
}

/** One group of resources (`memory`, `cpu` …) that is being compiled. */
export interface ResourceGroup<T extends object> {
  /** The values that are to hold afterwards. Zeros that mean "unset" are gone. */
  readonly value: T
  /** What held before, in a live update. */
  readonly old: Partial<T>
  /** True for a cgroup that does not exist yet. */
  readonly fresh: boolean
  /** The directory, undefined when the host does not offer the controller. */
  readonly hierarchy: CgroupHierarchy | undefined
  readonly hasFile: (file: string) => boolean
  /** Whether this member has to be written now: given by the config, or by the update (also as null, which clears it). */
  asked(...members: readonly (keyof T & string)[]): boolean
  /** @param at  place in the group that asks for it, as a JSON pointer without its first `/`; '' is the group */
  put(at: string, file: string, value: string, options?: PutOptions): void
  warn(message: string): void
  /** Whole pointer of a place in the group. */
  pointer(at: string): string
}

/** Escapes a property name for a JSON pointer (RFC 6901). */
export function pointerToken(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** The controller that a group works with. */
export interface GroupTarget {
  readonly hierarchy: CgroupHierarchy | undefined
  /** Name for messages. */
  readonly controller: string
}

/** Makes the context for one group, which appends to `writes`. */
export function resourceGroup<T extends object>(
  state: { value: T; old: Partial<T>; patch: object; fresh: boolean },
  target: GroupTarget,
  pointer: string,
  writes: CgroupWrite[],
  options: CompileOptions,
): ResourceGroup<T> {
  const { hierarchy, controller } = target
  const hasFile = options.hasFile ?? usualFiles
  const pointerOf = (at: string): string => (at === '' ? pointer : `${pointer}/${at}`)
  return {
    value: state.value,
    old: state.old,
    fresh: state.fresh,
    hierarchy,
    hasFile: (file) => hasFile(controller, file),
    asked: (...members) => members.some((member) => Object.hasOwn(state.patch, member)),
    pointer: pointerOf,
    warn: (message) => options.onWarning?.(message),
    put(at, file, value, { initial, optional, above } = {}) {
      if (state.fresh && value === initial) return
      if (optional && !hasFile(controller, file)) return
      if (!hierarchy) throw unsupported(`Cannot set ${file}: this host has no cgroup controller "${controller}"`, pointerOf(at))
      writes.push({
        file: `${hierarchy.path}/${file}`,
        value,
        pointer: pointerOf(at),
        controller,
        ...(optional && { optional }),
        ...(above !== undefined && !state.fresh && { above: `${hierarchy.path}/${above}` }),
      })
    },
  }
}

/** A value that neither this cgroup version nor this kernel can express. Leaving it out would be a limit that is silently not there. */
export function unsupported(message: string, pointer: string): TeuError {
  return new TeuError('ERR_TEU_UNSUPPORTED', message, {
    pointer,
    remedy: 'Remove the value from the config, or use a host that supports it',
  })
}

/** A value that is wrong on every host. */
export function invalid(message: string, pointer: string): TeuError {
  return new TeuError('ERR_TEU_CONFIG_INVALID', message, { pointer })
}
