/**
 * `npm run bench [-- [run] [parallel] [exec] [--rounds N]]`: teu beside crun and runc, in one run, on one bundle;
 * `npm run bench -- containerd`: the client of containerd beside ctr; `npm run bench -- watch`: watchers of containerd and Docker.
 *
 * crun refuses the hybrid cgroup layout; there the bench runs in a mount namespace in which the v2 half is covered by an empty
 * tmpfs (crun makes directories in that place all the same). That is so for all contestants, the library too.
 */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { BenchRoom } from './bench-room.ts'
import { benchContainerd } from './containerd.ts'
import { benchExec } from './exec.ts'
import { benchParallel } from './parallel.ts'
import { benchRun } from './run.ts'
import { benchWatch } from './watch/main.ts'

const UNIFIED = '/sys/fs/cgroup/unified'
const BENCHES = { run: benchRun, parallel: benchParallel, exec: benchExec, containerd: benchContainerd, watch: benchWatch } as const
const BY_DEFAULT = ['run', 'parallel', 'exec']
const PARALLEL_SHARE = 20

/** The same command again, in a mount namespace without the v2 half; its exit status. */
function again(): number {
  const script = `umount ${UNIFIED} && mount -t tmpfs none ${UNIFIED} && exec "$@"`
  const line = ['--mount', 'sh', '-c', script, 'sh', process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  return spawnSync('unshare', line, { stdio: 'inherit', env: { ...process.env, TEU_BENCH_INSIDE: '1' } }).status ?? 1
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { rounds: { type: 'string', default: '200' } } })
  const rounds = Number(values.rounds)
  const asked = positionals.length > 0 ? positionals : BY_DEFAULT
  for (const name of asked) if (!(name in BENCHES)) throw new RangeError(`no bench ${name}, there are ${Object.keys(BENCHES).join(', ')}`)
  if (process.getuid?.() !== 0) throw new Error('the bench needs root')
  if (existsSync(`${UNIFIED}/cgroup.procs`) && process.env['TEU_BENCH_INSIDE'] !== '1') return again()

  using room = new BenchRoom()
  console.log(`${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`)
  for (const name of asked as (keyof typeof BENCHES)[]) {
    await BENCHES[name](room, name === 'parallel' ? Math.max(3, Math.round(rounds / PARALLEL_SHARE)) : rounds)
  }
  return 0
}

process.exitCode = await main()
