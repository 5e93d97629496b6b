/** `npm run vm -- [--systemd] [--kernel META_PACKAGE] [--memory MIB] [--timeout SECONDS] -- COMMAND...`: see guest.ts. */

import { parseArgs } from 'node:util'
import { runInGuest } from './guest.ts'
import { prepareKernel } from './kernel.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    systemd: { type: 'boolean', default: false },
    kernel: { type: 'string', default: 'linux-image-amd64' },
    memory: { type: 'string' },
    timeout: { type: 'string', default: '900' },
  },
})
if (positionals.length === 0) throw new TypeError('a command is needed after --')
process.exitCode = await runInGuest(positionals, {
  kernel: prepareKernel(values.kernel),
  systemd: values.systemd,
  timeoutMs: Number(values.timeout) * 1000,
  ...(values.memory === undefined ? {} : { memoryMiB: Number(values.memory) }),
})
