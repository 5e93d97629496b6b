/** The process that `exec` runs, from the container's own one and the options of the line. */

import { capabilityNumber, type LinuxCapabilities, type Process, type User } from '@teu/spec'
import { usage } from '../cli/parse.ts'
import { parseInteger } from '../cli/quantities.ts'

/** What the options of `exec` say about the process. */
export interface ExecProcessOptions {
  readonly cwd?: string
  readonly env?: readonly string[]
  readonly tty?: boolean
  readonly user?: string
  readonly 'additional-gids'?: readonly string[]
  readonly 'process-label'?: string
  readonly apparmor?: string
  readonly 'no-new-privs'?: boolean
  readonly cap?: readonly string[]
}

/** Largest uid and gid; 4294967295 is (uid_t)-1, which the kernel takes as "leave as it is". */
const MAX_ID = 4_294_967_294n

const NO_PROCESS: Process = { cwd: '/', user: { uid: 0, gid: 0 }, args: [] }

/** Starts from the container's process and applies the options: `env` is appended to, groups and capabilities are added.
 *  @param base  `process` of the container's config
 *  @throws {TeuError} ERR_TEU_USAGE */
export function execProcessOf(base: Process | undefined, options: ExecProcessOptions, args: readonly string[]): Process {
  const { terminal: _terminal, consoleSize: _consoleSize, ...inherited } = base ?? NO_PROCESS
  const { cwd, env = [], tty = false, cap = [] } = options
  const { apparmor, 'process-label': label, 'no-new-privs': noNewPrivileges } = options
  return {
    ...inherited,
    args,
    terminal: tty,
    env: [...(base?.env ?? []), ...env],
    user: userOf(inherited.user, options),
    ...(cwd !== undefined && { cwd }),
    ...(cap.length > 0 && { capabilities: withCapabilities(inherited.capabilities, cap) }),
    ...(apparmor !== undefined && { apparmorProfile: apparmor }),
    ...(label !== undefined && { selinuxLabel: label }),
    ...(noNewPrivileges !== undefined && { noNewPrivileges }),
  }
}

function userOf(base: User, { user, 'additional-gids': groups = [] }: ExecProcessOptions): User {
  const added = groups.map((text) => Number(parseInteger('additional-gids', text, 0n, MAX_ID)))
  return {
    ...base,
    ...(user !== undefined && parseUser(user)),
    ...(added.length > 0 && { additionalGids: [...(base.additionalGids ?? []), ...added] }),
  }
}

/** `UID` or `UID:GID` in plain decimal. A name is never looked up: the files that would be asked belong to the container.
 *  @throws {TeuError} ERR_TEU_USAGE */
export function parseUser(text: string): { uid: number; gid?: number } {
  const parts = text.split(':')
  const [uid = '', gid] = parts
  if (parts.length > 2) throw usage(`--user: expected UID or UID:GID, got "${text}"`)
  const id = (digits: string): number => Number(parseInteger('user', digits, 0n, MAX_ID))
  return { uid: id(uid), ...(gid !== undefined && { gid: id(gid) }) }
}

/** Adds to the bounding, effective and permitted sets, and to the ambient set what is inheritable already. The inheritable set never
 *  grows: what is in it can be gained by executing a file. */
function withCapabilities(base: LinuxCapabilities = {}, added: readonly string[]): LinuxCapabilities {
  const names = added.map((text) => {
    const upper = text.toUpperCase()
    const name = upper.startsWith('CAP_') ? upper : `CAP_${upper}`
    if (capabilityNumber(name) === undefined) throw usage(`--cap: unknown capability "${text}"`)
    return name
  })
  const union = (set: readonly string[] | undefined, more: readonly string[]): string[] => [...new Set([...(set ?? []), ...more])]
  const { inheritable } = base
  const ambient = names.filter((name) => inheritable?.includes(name) === true)
  return {
    bounding: union(base.bounding, names),
    effective: union(base.effective, names),
    permitted: union(base.permitted, names),
    ...(inheritable !== undefined && { inheritable }),
    ...((base.ambient !== undefined || ambient.length > 0) && { ambient: union(base.ambient, ambient) }),
  }
}

/** `--cgroup PATH` for every controller, or `--cgroup CTRL[,CTRL]:PATH` several times.
 *  @throws {TeuError} ERR_TEU_USAGE */
export function parseSubCgroup(values: readonly string[]): string | Record<string, string> {
  const byController = Object.create(null) as Record<string, string>
  for (const text of values) {
    const colon = text.indexOf(':')
    if (colon < 0) {
      if (values.length > 1) throw usage(`--cgroup: "${text}" names no controller, so it must be the only one`)
      return text
    }
    for (const controller of text.slice(0, colon).split(',')) {
      if (!/^[a-z_]+(=[\w.-]+)?$/.test(controller)) throw usage(`--cgroup: expected CONTROLLER[,CONTROLLER]:PATH, got "${text}"`)
      if (controller in byController) throw usage(`--cgroup: ${controller} is given twice`)
      byController[controller] = text.slice(colon + 1)
    }
  }
  return byController
}
