/** An image's config, and what the caller wants otherwise, as config of a container. @see image-spec conversion.md */

import { type Spec, specFor, type SpecOptions, TeuError } from '@teu/spec'
import type { ImageConfig } from '../document/image-config.ts'
import type { Accounts } from './accounts.ts'
import { plainLabels } from './plain-labels.ts'
import { resolveUser } from './resolve-user.ts'

/** What a caller can change; everything else is the image's or `@teu/spec`'s default. */
export interface ImageSpecOptions extends Omit<SpecOptions, 'rootfs' | 'command' | 'user'> {
  /** In place of the image's arguments (`Cmd`). */
  readonly args?: readonly string[] | undefined
  /** In place of the image's program (`Entrypoint`); the image's arguments, which were for that, are dropped too. */
  readonly entrypoint?: readonly string[] | undefined
  /** In place of the image's user: `name`, `uid`, `name:group`, `uid:gid` … */
  readonly user?: string | number | undefined
}

/** A container's config and what of the image goes elsewhere. */
export interface SpecFromImage {
  readonly spec: Spec
  /** For the container's record. */
  readonly labels: Readonly<Record<string, string>>
  /** What asks the program to end; undefined is SIGTERM. */
  readonly stopSignal?: string
}

/** Label by which containerd's clients know the signal. */
const STOP_SIGNAL_LABEL = 'io.containerd.image.config.stop-signal'
/** containerd takes no larger labels; those of images are for people and may be left out. */
const MAX_LABEL_BYTES = 4096

/**
 * Puts the config of a container together. Pure.
 * @param accounts  of the image; undefined when they cannot be read
 * @throws {TeuError} ERR_TEU_USAGE when neither image nor caller say what to run; ERR_TEU_CONFIG_INVALID for users that there are not
 */
export function specFromImage(image: ImageConfig, accounts: Accounts | undefined, options: ImageSpecOptions = {}): SpecFromImage {
  const { args, entrypoint, user, env = [], cwd, ...rest } = options
  const own = isList(env) ? env : Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const spec = specFor({
    ...rest,
    rootfs: 'rootfs',
    command: commandOf(image, args, entrypoint),
    env: mergeEnvironment(image.env, own),
    cwd: cwd ?? absolute(image.workingDir),
    user: resolveUser(user === undefined ? image.user : String(user), accounts),
  })
  const { stopSignal } = image
  const labels = { ...plainLabels(image.labels), ...(stopSignal === undefined ? {} : { [STOP_SIGNAL_LABEL]: stopSignal }) }
  return { spec, labels: Object.fromEntries(Object.entries(labels).filter(fits)), ...(stopSignal === undefined ? {} : { stopSignal }) }
}

function commandOf(image: ImageConfig, args: readonly string[] | undefined, entrypoint: readonly string[] | undefined): string[] {
  const program = entrypoint ?? image.entrypoint
  const command = [...program, ...(args ?? (entrypoint === undefined ? image.cmd : []))]
  if (command.length > 0) return command
  throw new TeuError('ERR_TEU_USAGE', 'Cannot make a container: the image does not say what to run', { remedy: 'Give args' })
}

/** The last value of a name wins, at the place of the first. Entries without "=" mean nothing to a program. */
function mergeEnvironment(...lists: readonly (readonly string[])[]): string[] {
  const byName = new Map(lists.flat().map((entry) => [entry.split('=', 1)[0] ?? '', entry] as const))
  return [...byName.values()].filter((entry) => entry.indexOf('=') > 0)
}

const absolute = (path: string): string => (path.startsWith('/') ? path : `/${path}`)

const fits = ([key, value]: [string, string]): boolean => Buffer.byteLength(key) + Buffer.byteLength(value) <= MAX_LABEL_BYTES

function isList(value: object): value is readonly string[] {
  return Array.isArray(value)
}
