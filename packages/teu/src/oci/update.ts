/** `teu-oci update`. */

import { type LinuxResourcesPatch, parseJson, TeuError, validateResourcesPatch } from '@teu/spec'
import { defineCommand } from '../cli/command.ts'
import { usage } from '../cli/parse.ts'
import type { OciCommand, OciContext } from './context.ts'
import { resourcesOf } from './update-resources.ts'
import { readInput } from '../cli/input-file.ts'

/** Changes the limits of a live container. What is not given stays. */
export const update: OciCommand = defineCommand({
  name: 'update',
  summary: 'Change the limits of a container',
  synopsis: 'ID',
  options: {
    resources: {
      kind: 'text',
      short: 'r',
      value: 'FILE',
      help: 'Read a linux.resources object as JSON from FILE, or from stdin (-); other options are ignored',
    },
    'blkio-weight': { kind: 'text', value: 'N', help: 'Block I/O weight, 10 to 1000' },
    'cpu-period': { kind: 'text', value: 'US', help: 'CPU period in microseconds' },
    'cpu-quota': { kind: 'text', value: 'US', help: 'CPU time per period in microseconds; -1 is no limit' },
    'cpu-burst': { kind: 'text', value: 'US', help: 'Unused CPU time that may be saved up, in microseconds' },
    'cpu-share': { kind: 'text', value: 'N', help: 'CPU weight, 2 to 262144' },
    'cpu-rt-period': { kind: 'text', value: 'US', help: 'Realtime period in microseconds (cgroup v1)' },
    'cpu-rt-runtime': { kind: 'text', value: 'US', help: 'Realtime runtime in microseconds (cgroup v1)' },
    'cpuset-cpus': { kind: 'text', value: 'LIST', help: 'CPUs: 0-3,7' },
    'cpuset-mems': { kind: 'text', value: 'LIST', help: 'Memory nodes: 0-1' },
    memory: { kind: 'text', value: 'SIZE', help: 'Memory limit; -1 is none' },
    'memory-reservation': { kind: 'text', value: 'SIZE', help: 'Memory that is kept from reclaim' },
    'memory-swap': { kind: 'text', value: 'SIZE', help: 'Memory and swap together; -1 is no limit' },
    'pids-limit': { kind: 'text', value: 'N', help: 'Number of tasks; -1 is no limit' },
    'cpu-idle': { kind: 'text', value: '0|1', help: 'Run only when nothing else wants to' },
    'kernel-memory': { kind: 'text' },
    'kernel-memory-tcp': { kind: 'text' },
    'l3-cache-schema': { kind: 'text' },
    'mem-bw-schema': { kind: 'text' },
  },
  notes: 'Sizes are bytes, or take a suffix: 512k, 64MiB, 1.5g.',
  arity: [1, 1],
  async run(values, [id = ''], context) {
    for (const name of ['kernel-memory', 'kernel-memory-tcp'] as const) {
      if (values[name] !== undefined) context.log.warn(`--${name} is ignored: kernels no longer have this limit`)
    }
    const schema = (['l3-cache-schema', 'mem-bw-schema'] as const).find((name) => values[name] !== undefined)
    if (schema !== undefined)
      throw new TeuError('ERR_TEU_UNSUPPORTED', `--${schema}: resource control groups cannot be updated`, { containerId: id })
    const { resources: source } = values
    const resources = source === undefined ? resourcesOf(values) : fromFile(source, context)
    if (Object.keys(resources).length === 0 && source === undefined) throw usage('update: nothing to change was given')
    const { devices: _devices, ...limits } = resources
    await (await context.container(id)).update(limits)
  },
})

/** A JSON null takes a limit back. */
function fromFile(source: string, context: OciContext): LinuxResourcesPatch {
  return validateResourcesPatch(parseJson(readSource(source, context), { file: source === '-' ? 'standard input' : source }))
}

function readSource(source: string, { io, path }: OciContext): string {
  try {
    return source === '-' ? io.input() : readInput(path(source)).toString()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'it does not exist' : String(code)
    throw new TeuError('ERR_TEU_USAGE', `--resources: cannot read ${source === '-' ? 'standard input' : source}: ${reason}`, {
      errno: code,
      cause,
    })
  }
}
