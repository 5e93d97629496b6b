/** What all benches share: one bundle, a state root for each contestant, and the contestants. */

import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { compileProgram } from './timer.ts'

/** A runtime with an OCI command line. */
export interface Contestant {
  readonly name: string
  /** Program and global options. */
  readonly line: readonly string[]
}

const RUNC = '/usr/sbin/runc'
const RUNTIMES: readonly (readonly [name: string, path: string])[] = [
  ['teu-oci', join(dirname(import.meta.dirname), 'dist/teu-oci')],
  ['crun', '/usr/bin/crun'],
  ['runc', RUNC],
]

/** State roots are on a tmpfs, as /run is: on ext4 a file that is made again and again costs every runtime half a millisecond. */
const STATE_PARENT = '/dev/shm'

/** Mount points of the cgroup hierarchies that can be seen here. */
function cgroupHierarchies(): string[] {
  const seen = new Map<string, string>()
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [place, type] = line.split(' - ')
    // A later mount on the same place covers the one before.
    if (place && type) seen.set(place.split(' ')[4] as string, type.split(' ')[0] as string)
  }
  return [...seen].filter(([, type]) => type === 'cgroup' || type === 'cgroup2').map(([path]) => path)
}

/** Disposing removes everything. */
export class BenchRoom implements Disposable {
  readonly dir: string
  readonly #stateDir: string
  readonly #floor: string
  readonly timer: string
  readonly contestants: readonly Contestant[]

  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), 'teu-bench-'))
    this.#stateDir = mkdtempSync(join(STATE_PARENT, 'teu-bench-'))
    this.timer = compileProgram('timer', this.dir)
    this.#floor = compileProgram('floor', this.dir)
    const missing = RUNTIMES.filter(([, path]) => !existsSync(path))
    if (missing.length > 0) throw new Error(`not installed: ${missing.map(([, path]) => path).join(', ')}`)
    this.contestants = RUNTIMES.map(([name, path]) => ({ name, line: [path, '--root', join(this.#stateDir, name)] }))
  }

  /** A bundle with busybox: the config of `runc spec` without the terminal, running `args`. */
  bundle(name: string, args: readonly string[]): string {
    const dir = join(this.dir, name)
    const bin = join(dir, 'rootfs/bin')
    mkdirSync(bin, { recursive: true })
    copyFileSync('/bin/busybox', join(bin, 'busybox'))
    for (const applet of ['true', 'sleep']) symlinkSync('busybox', join(bin, applet))
    execFileSync(RUNC, ['spec', '--bundle', dir])
    const file = join(dir, 'config.json')
    const config = JSON.parse(readFileSync(file, 'utf8')) as { process: { terminal: boolean; args: readonly string[] } }
    config.process.terminal = false
    config.process.args = args
    writeFileSync(file, JSON.stringify(config))
    return dir
  }

  /** Command lines of the bare C program that does with the bundle what the kernel has to do in any case (floor.c). */
  floors(bundle: string): { name: string; line: string[] }[] {
    const program = [join(bundle, 'rootfs'), '/bin/true']
    return [
      { name: 'bare C', line: [this.#floor, ...program] },
      { name: 'with cgroups', line: [this.#floor, ...cgroupHierarchies().flatMap((path) => ['-c', path]), ...program] },
    ]
  }

  /** State root of the library. */
  get libraryRoot(): string {
    return join(this.#stateDir, 'library')
  }

  [Symbol.dispose](): void {
    for (const dir of [this.dir, this.#stateDir]) rmSync(dir, { recursive: true, force: true })
  }
}
