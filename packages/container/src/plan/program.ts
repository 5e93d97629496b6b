/** The program: where it is looked for, and its environment. Pure. */

import { DEFAULT_PATH, type Process } from '@teu/spec'

/** Paths at which the program may be, in order. A name without a slash is searched in the container's PATH; entries that are empty or
 *  relative mean the working directory and are passed over: what lies there is not a program that anybody has named.
 *  @see execvp(3) */
export function programCandidates({ args, env = [] }: Pick<Process, 'args' | 'env'>): string[] {
  const [name = ''] = args
  if (name.includes('/')) return [name]
  const path = valueOf(env, 'PATH') ?? DEFAULT_PATH
  const candidates: string[] = []
  for (const directory of path.split(':')) {
    if (directory.startsWith('/')) candidates.push(directory === '/' ? `/${name}` : `${directory}/${name}`)
  }
  return candidates
}

/** What is added to the environment of a process. */
export interface EnvironmentAdditions {
  /** Path of the sd_notify socket inside the container. */
  readonly notifySocket?: string
  /** Socket activation; LISTEN_PID is added by the step `exec`, which knows it. */
  readonly listenFds?: { readonly count: number; readonly names?: string }
}

/** The environment as the config has it, with the additions in place of entries of the same name. */
export function environment(env: readonly string[] | undefined, { notifySocket, listenFds }: EnvironmentAdditions): readonly string[] {
  const added: string[] = []
  if (notifySocket !== undefined) added.push(`NOTIFY_SOCKET=${notifySocket}`)
  if (listenFds !== undefined) {
    added.push(`LISTEN_FDS=${listenFds.count}`)
    if (listenFds.names !== undefined) added.push(`LISTEN_FDNAMES=${listenFds.names}`)
  }
  if (added.length === 0) return env ?? []
  const names = added.map((entry) => entry.slice(0, entry.indexOf('=') + 1))
  if (listenFds !== undefined) names.push('LISTEN_PID=')
  return [...(env ?? []).filter((entry) => !names.some((name) => entry.startsWith(name))), ...added]
}

/** True when the environment says where home is. */
export function hasHome(env: readonly string[]): boolean {
  return valueOf(env, 'HOME') !== undefined
}

/** Of several entries with one name getenv(3) finds the first; shells and Go programs use the last. The last is what a user appended. */
function valueOf(env: readonly string[], name: string): string | undefined {
  const start = `${name}=`
  for (let at = env.length - 1; at >= 0; at -= 1) if (env[at]?.startsWith(start)) return env[at]?.slice(start.length)
  return undefined
}
