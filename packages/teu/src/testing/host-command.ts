/** One invocation of `teu` with a daemon that only takes notes. */

import type { Io } from '../cli/io.ts'
import type { Engine } from '../human/engine.ts'
import { runTeu } from '../human/main.ts'
import type { HostOptions } from '../host/host.ts'
import { FakeConsole } from './fake-console.ts'
import { FakeHost } from './fake-host.ts'
import { fakeIo } from './fake-io.ts'

/** What a test gives of the surroundings. */
export interface Setting {
  readonly host?: FakeHost
  readonly console?: FakeConsole
  readonly io?: Partial<Io>
  /** Before the command; default `--host containerd:///run/c.sock`. */
  readonly globals?: readonly string[]
  /** What connecting fails with. */
  readonly connectError?: Error
}

/** How it ended, and what it did. */
export interface Outcome {
  readonly status: number
  readonly out: string
  readonly err: string
  readonly host: FakeHost
  readonly console: FakeConsole
  /** Of each connection. */
  readonly connections: readonly HostOptions[]
}

const NO_ENGINE: Engine = {
  run: async () => Promise.reject(new Error('run has nothing to do with the daemon')),
  explain: async () => 'the plan\n',
}

const NO_ENGINES = async (): Promise<never> => Promise.reject(new Error('this has nothing to do with other engines'))

/** Runs a command. */
export async function hostTeu(args: readonly string[], setting: Setting = {}): Promise<Outcome> {
  const { host = new FakeHost(), console = new FakeConsole(), globals = ['--host', 'containerd:///run/c.sock'], connectError } = setting
  const io = fakeIo([...globals, ...args], { now: () => new Date('2024-01-02T15:05:00Z'), ...setting.io })
  const connections: HostOptions[] = []
  const connect = async (options: HostOptions): Promise<FakeHost> => {
    connections.push(options)
    if (connectError !== undefined) throw connectError
    return host
  }
  const status = await runTeu(io, NO_ENGINE, { connector: async () => ({ connect }), console: async () => console, watching: NO_ENGINES })
  return { status, ...io.written, host, console, connections }
}
