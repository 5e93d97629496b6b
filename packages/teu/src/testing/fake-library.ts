/** A library that writes down what it is asked, and answers from a table of containers. */

import { type Spec, TeuError } from '@teu/spec'
import type { ContainerHandle, ContainerRecord, ContainerSet, ExitReport, Library, Status } from '../cli/library.ts'

/** What one container of the fake is like. */
export interface FakeContainer {
  status?: Status
  config?: Spec
  exit?: ExitReport
  pids?: number[]
  record?: Partial<ContainerRecord>
  /** Method → what it throws. */
  failures?: Readonly<Record<string, Error>>
}

/** `[method, …arguments]` in the order of the calls. */
export type Call = readonly [method: string, ...args: unknown[]]

export interface FakeLibrary extends Library {
  readonly calls: Call[]
  /** Calls without opening and loading. */
  readonly acts: Call[]
}

export const REPORT: ExitReport = { exitCode: 0, status: 0, oomKilled: false, seccompKilled: false, timedOut: false }
export const SPEC: Spec = {
  ociVersion: '1.2.0',
  root: { path: '/bundle/rootfs' },
  process: { cwd: '/srv', user: { uid: 7, gid: 8, additionalGids: [9] }, args: ['sh'], env: ['PATH=/bin', 'A=1'], terminal: true },
}

/** A {@link Library} that takes notes of what it is asked, for tests. */
export function fakeLibrary(containers: Readonly<Record<string, FakeContainer>> = {}): FakeLibrary {
  const calls: Call[] = []
  const note = (failures: FakeContainer['failures'], method: string, ...args: unknown[]): void => {
    calls.push([method, ...args])
    const failure = failures?.[method]
    if (failure !== undefined) throw failure
  }
  const notFound = (id: string): TeuError =>
    new TeuError('ERR_TEU_NOT_FOUND', `container "${id}": container does not exist`, { containerId: id })

  const recordOf = (id: string): ContainerRecord => {
    const { status = 'running', config = SPEC, exit, record } = containers[id] ?? {}
    return {
      version: 1,
      id,
      status,
      ...(status !== 'stopped' && { initPid: 77 }),
      bootId: 'boot',
      created: '2024-01-02T15:04:05.000000000Z',
      ociVersion: config.ociVersion,
      bundle: '/bundle',
      rootless: false,
      cgroupPaths: {},
      cgroupManager: 'fs',
      noNewKeyring: false,
      noPivot: false,
      owner: 'root',
      creator: { pid: 1, startTime: '1' },
      config,
      ...(exit && { exit }),
      ...record,
    }
  }

  const handleOf = (id: string): ContainerHandle => {
    const { status = 'running', config = SPEC, exit = REPORT, pids = [], failures } = containers[id] ?? {}
    const act =
      (method: string) =>
      async (...args: unknown[]): Promise<void> =>
        note(failures, method, ...args)
    return {
      id,
      config,
      status: async () => status,
      state: async () => recordOf(id),
      processes: async () => pids,
      stats: async () => ({ time: new Date(0), monotonicNs: 0n }),
      start: act('start'),
      exec: async (options) => {
        note(failures, 'exec', options)
        return { pid: 78, wait: async () => exit, kill: act('kill'), resize: () => undefined, [Symbol.asyncDispose]: act('dispose') }
      },
      kill: act('kill'),
      pause: act('pause'),
      resume: act('resume'),
      update: act('update'),
      wait: async () => exit,
      oomEvents: async function* () {
        yield { time: new Date(0), count: 1 }
      },
      destroy: act('destroy'),
    }
  }

  const set: ContainerSet = {
    create: async (id, options) => {
      note(containers[id]?.failures, 'create', id, options)
      return handleOf(id)
    },
    run: async (id, options) => {
      note(containers[id]?.failures, 'run', id, options)
      return containers[id]?.exit ?? REPORT
    },
    load: async (id) => {
      note(undefined, 'load', id)
      if (!Object.hasOwn(containers, id)) throw notFound(id)
      return handleOf(id)
    },
    list: async () => Object.keys(containers).map(recordOf),
    remove: async (id, options) => {
      note(containers[id]?.failures, 'remove', id, options)
      if (!Object.hasOwn(containers, id) && options?.force !== true) throw notFound(id)
    },
  }
  return {
    calls,
    get acts() {
      return calls.filter(([method]) => method !== 'open' && method !== 'load')
    },
    open: async (options) => {
      note(undefined, 'open', options)
      return set
    },
    explain: async (id, _options, { format, showEnv }) => `plan of ${id} as ${format}${showEnv ? ' with values' : ''}\n`,
    statsDocument: () => Promise.resolve({ pids: { current: 1n, limit: 18446744073709551615n } }),
    mountOptions: () => Promise.resolve(['bind', 'rw']),
  }
}
