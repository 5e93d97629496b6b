/** Ten thousand containers in one namespace. */

import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { eventually, patience } from '../../../tests/harness/wait.ts'
import { type Daemon, EventLog } from './support/daemon.ts'
import { withRunc } from './support/runtimes.ts'
import { Sink } from './support/streams.ts'

const RECORDS = 10_000
/** containerd commits one transaction after another; this many wait. */
const AT_A_TIME = 64
const TIMEOUT_MS = 180_000

const idOf = (n: number): string => `record-${n}`

/** Restarts the daemon with its data in memory: ten thousand times what a disk needs for a transaction is not what this is about. */
async function withDataInMemory(daemon: Daemon, test: () => Promise<void>): Promise<void> {
  const memory = mkdtempSync(join('/dev/shm', `${daemon.namespace}-`))
  try {
    await daemon.stop()
    rmSync(daemon.lab.path('data'), { recursive: true })
    symlinkSync(memory, daemon.lab.path('data'))
    await daemon.start()
    await test()
    await daemon.close()
  } finally {
    rmSync(daemon.lab.path('data'), { force: true })
    rmSync(memory, { recursive: true })
  }
}

async function useContainersAmongMany(daemon: Daemon): Promise<void> {
  const log = new EventLog()
  // A namespace of its own, which goes with the data: deleting ten thousand takes as long as making them.
  const client = await daemon.client({ namespace: `${daemon.namespace}-many`, onEvent: log.record })
  const { containers } = client.services
  const first = await client.create(idOf(0), daemon.spec(['/bin/sleep', '1000']), { labels: { which: 'first' } })
  const { container } = await containers.get({ id: first.id })
  if (container === undefined) throw new Error('the daemon has no record')
  let next = 1
  // What client.create() sends, without a directory for each.
  const make = async (): Promise<void> => {
    while (next < RECORDS) await containers.create({ container: { ...container, id: idOf(next++) } })
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, make))

  const records = await client.list()
  expect(records).toHaveLength(RECORDS)
  expect(records.find(({ id }) => id === idOf(RECORDS - 1))?.spec).toMatchObject({ process: { args: ['/bin/sleep', '1000'] } })
  expect(await client.list([`id==${idOf(4321)}`])).toMatchObject([{ id: idOf(4321) }])
  expect(await client.list(['labels."which"==second'])).toEqual([])

  expect(await client.restore(idOf(4321))).toEqual({ alive: false, pid: 0, execs: [] })
  const handle = await client.create('one-more', daemon.script('echo here; exit 3'))
  const stdout = new Sink()
  await handle.start({ stdio: { stdout } })
  expect(await handle.wait()).toMatchObject({ exitCode: 3 })
  expect(stdout.text).toBe('here\n')
  await handle.deleteTask()
  await log.waitFor('one-more', 'delete')
  await handle.delete()

  // The connection is lost, and what this client knows is compared.
  await first.start()
  await daemon.restart()
  await eventually('the connection', () => client.version().catch(() => undefined), 10_000)
  await first.signalProcess('init', 'KILL')
  expect(await log.waitFor(first.id, 'exit')).toMatchObject({ exitCode: 137 })
  await first.deleteTask()
  await first.delete()
  expect(await client.list()).toHaveLength(RECORDS - 1)
}

withRunc('a namespace with ten thousand containers', (test) => {
  test(
    'is listed, and containers in it are made, met again, run and removed as ever',
    (daemon) => withDataInMemory(daemon, () => useContainersAmongMany(daemon)),
    TIMEOUT_MS * patience,
  )
})
