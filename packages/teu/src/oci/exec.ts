/** `teu-oci exec`. */

import { parseJson, type Process, TeuError, validateProcess } from '@teu/spec'
import { defineCommand } from '../cli/command.ts'
import { usage } from '../cli/parse.ts'
import type { OciCommand, OciContext } from './context.ts'
import { inheritedFds } from './descriptors.ts'
import { execProcessOf, parseSubCgroup } from './exec-process.ts'
import { exitStatusOf } from './exit-status.ts'
import { readInput } from '../cli/input-file.ts'

/** Runs one more process in a container. */
export const exec: OciCommand = defineCommand({
  name: 'exec',
  summary: 'Run one more process in a container',
  synopsis: 'ID COMMAND [ARGUMENTS]',
  options: {
    'console-socket': { kind: 'text', value: 'SOCKET', help: 'Unix socket that receives the terminal' },
    'pidfd-socket': { kind: 'text', value: 'SOCKET', help: 'Unix socket that receives a pidfd of the process' },
    cwd: { kind: 'text', value: 'DIR', help: 'Working directory in the container' },
    env: { kind: 'list', short: 'e', value: 'NAME=VALUE', help: 'Add to the environment' },
    tty: { kind: 'flag', short: 't', help: 'Give the process a terminal' },
    user: { kind: 'text', short: 'u', value: 'UID[:GID]', help: 'Run as this user, in numbers' },
    'additional-gids': { kind: 'list', short: 'g', value: 'GID', help: 'Add a group, as a number' },
    process: { kind: 'text', short: 'p', value: 'FILE', help: 'Take the whole process from a JSON file' },
    detach: { kind: 'flag', short: 'd', help: 'Return when the program runs' },
    'pid-file': { kind: 'text', value: 'FILE', help: 'Write the pid of the process to FILE' },
    'process-label': { kind: 'text', value: 'LABEL', help: 'SELinux label of the process' },
    apparmor: { kind: 'text', value: 'PROFILE', help: 'AppArmor profile of the process' },
    'no-new-privs': { kind: 'flag', help: 'Set no_new_privs; --no-new-privs=false leaves it unset' },
    cap: { kind: 'list', short: 'c', value: 'CAPABILITY', help: 'Add a capability' },
    'preserve-fds': { kind: 'text', value: 'N', help: 'Pass N further descriptors, from 3 on, to the process' },
    cgroup: { kind: 'list', value: 'PATH', help: 'Run in PATH below the cgroup of the container; also CONTROLLER[,CONTROLLER]:PATH' },
    'ignore-paused': { kind: 'flag', help: 'Allow it in a paused container' },
    // crun gives it; teu-oci is no subreaper to begin with.
    'no-subreaper': { kind: 'flag' },
  },
  arity: [1, Number.POSITIVE_INFINITY],
  stopAtPositional: true,
  failureStatus: 255,
  check({ process }, { length }) {
    if (process === undefined && length < 2) throw usage('the command to run is missing')
  },
  async run(values, [id = '', ...args], context) {
    const { detach = false, cgroup, process: file } = values
    const { 'console-socket': consoleSocket, 'pidfd-socket': pidfdSocket, 'pid-file': pidFile, 'ignore-paused': ignorePaused } = values
    const { io, path } = context
    const container = await context.container(id)
    const process =
      file === undefined
        ? execProcessOf(container.config.process, values, args)
        : validateProcess(parseJson(readProcess(file, context), { file }))
    checkTerminal(process, detach, consoleSocket)
    const running = await container.exec({
      process,
      stdio: 'inherit',
      detach,
      forwardSignals: !detach,
      ...(consoleSocket !== undefined && { consoleSocket: path(consoleSocket) }),
      ...(pidfdSocket !== undefined && { pidfdSocket: path(pidfdSocket) }),
      ...(pidFile !== undefined && { pidFile: path(pidFile) }),
      ...(ignorePaused !== undefined && { ignorePaused }),
      ...(cgroup !== undefined && { subCgroup: parseSubCgroup(cgroup) }),
      // The variables of socket activation were meant for the container's first program.
      ...inheritedFds(values['preserve-fds'], { ...io, env: {} }),
    })
    return detach ? 0 : exitStatusOf(await running.wait())
  },
})

function readProcess(file: string, { path }: OciContext): string {
  const absolute = path(file)
  try {
    return readInput(absolute).toString()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'it does not exist' : String(code)
    throw new TeuError('ERR_TEU_USAGE', `--process: cannot read ${file}: ${reason}`, { path: absolute, errno: code, cause })
  }
}

/** The terminal goes over a console socket exactly when nobody stays to pass on what is typed. */
function checkTerminal({ terminal = false }: Process, detach: boolean, consoleSocket: string | undefined): void {
  if (consoleSocket !== undefined && !(detach && terminal)) {
    throw usage(`--console-socket: ${terminal ? 'cannot be used in the foreground' : 'the process has no terminal'}`)
  }
  if (detach && terminal && consoleSocket === undefined) {
    throw usage('a detached process with a terminal needs --console-socket')
  }
}
