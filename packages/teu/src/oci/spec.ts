/** `teu-oci spec`. */

import { closeSync, constants, existsSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { defaultSpec, type Spec, stringifyJson, TeuError } from '@teu/spec'
import { defineCommand } from '../cli/command.ts'
import type { OciCommand } from './context.ts'
import { readSpec } from './read-spec.ts'

/** Writes a config.json to start from, or checks one. */
export const spec: OciCommand = defineCommand({
  name: 'spec',
  summary: 'Write a config.json to start from, or check one',
  synopsis: '',
  options: {
    bundle: { kind: 'text', short: 'b', value: 'DIR', help: 'Directory of config.json (default: the current one)' },
    file: { kind: 'text', short: 'f', value: 'FILE', help: 'Another name than config.json' },
    rootless: { kind: 'flag', help: 'For an ordinary user: a user namespace with the own ids as root, no network namespace, no limits' },
    validate: { kind: 'flag', help: 'Write nothing; check the file that is there' },
  },
  arity: [0, 0],
  run({ bundle, file, rootless = false, validate = false }, _args, { io, path }) {
    const target = file === undefined ? join(path(bundle ?? '.'), 'config.json') : path(file)
    if (validate) readSpec(target)
    else writeNew(target, defaultSpec({ cgroupV2: hasPureCgroupV2(), ...(rootless && { rootless: { uid: io.uid, gid: io.gid } }) }))
  },
})

/** Only where every controller is in the one hierarchy does a cgroup namespace show the container just its own part. */
function hasPureCgroupV2(): boolean {
  return existsSync('/sys/fs/cgroup/cgroup.controllers')
}

function writeNew(file: string, content: Spec): void {
  let fd: number
  try {
    fd = openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o666)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const reasons: Readonly<Record<string, string>> = { EEXIST: 'it exists already', ENOENT: 'its directory does not exist' }
    const reason = reasons[code ?? ''] ?? code
    throw new TeuError('ERR_TEU_SYSTEM', `Cannot write ${file}: ${reason}`, { path: file, syscall: 'open', errno: code, cause })
  }
  writeSync(fd, `${stringifyJson(content, '\t')}\n`)
  closeSync(fd)
}
