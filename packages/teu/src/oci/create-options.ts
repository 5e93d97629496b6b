/** Options that `create` and `run` share, and what they mean for the library. */

import type { CommandCreateOptions } from '../cli/library.ts'
import type { OptionValues } from '../cli/options.ts'
import type { OciContext } from './context.ts'
import { inheritedFds } from './descriptors.ts'
import { readSpec } from './read-spec.ts'

/** The table of `create`; `run` adds its own. */
export const CREATE_OPTIONS = {
  bundle: { kind: 'text', short: 'b', value: 'DIR', help: 'Directory of config.json and the root file system (default: the current one)' },
  config: { kind: 'text', short: 'f', value: 'FILE', help: 'Read FILE in place of config.json' },
  'console-socket': { kind: 'text', value: 'SOCKET', help: 'Unix socket that receives the terminal' },
  'pidfd-socket': { kind: 'text', value: 'SOCKET', help: 'Unix socket that receives a pidfd of the container process' },
  'pid-file': { kind: 'text', value: 'FILE', help: 'Write the pid of the container process to FILE' },
  'preserve-fds': { kind: 'text', value: 'N', help: 'Pass N further descriptors, from 3 on, to the container' },
  'dry-run': { kind: 'flag', help: 'Print the plan and do nothing' },
  'no-pivot': { kind: 'flag', help: 'Do not use pivot_root (for a root file system on a ramdisk)' },
  'no-new-keyring': { kind: 'flag', help: 'Keep the session keyring of the caller' },
  // crun and go-runc give it; teu-oci is no subreaper to begin with.
  'no-subreaper': { kind: 'flag' },
} as const

/** From the command line to the library, with every path made absolute. */
export function createOptionsOf(values: OptionValues<typeof CREATE_OPTIONS>, context: OciContext): CommandCreateOptions {
  const { io, path } = context
  const { bundle, config, 'console-socket': consoleSocket, 'pidfd-socket': pidfdSocket, 'pid-file': pidFile } = values
  const notifySocket = io.env['NOTIFY_SOCKET']
  return {
    bundle: bundle === undefined ? io.cwd : path(bundle),
    stdio: 'inherit',
    ...(config !== undefined && { spec: readSpec(path(config)) }),
    ...(consoleSocket !== undefined && { consoleSocket: path(consoleSocket) }),
    ...(pidfdSocket !== undefined && { pidfdSocket: path(pidfdSocket) }),
    ...(pidFile !== undefined && { pidFile: path(pidFile) }),
    ...(values['no-pivot'] !== undefined && { noPivot: values['no-pivot'] }),
    ...(values['no-new-keyring'] !== undefined && { noNewKeyring: values['no-new-keyring'] }),
    ...(notifySocket !== undefined && notifySocket !== '' && { notifySocket }),
    ...inheritedFds(values['preserve-fds'], io),
  }
}
