/** Meeting a container again that an earlier life of this program has made. */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { abortable, deferred, TeuError } from '@teu/spec'
import { readProtobufAny } from '../any.ts'
import { adoptProcess } from '../container/adopt.ts'
import { bundlePath } from '../container/bundle-dir.ts'
import { KnownContainer } from '../container/known-container.ts'
import type { ProcessRun } from '../container/process-run.ts'
import { readProcess } from '../container/read-process.ts'
import type { ClientContext } from '../context.ts'
import { attempt } from '../error/refine.ts'
import { settleExit, UNKNOWN_EXIT_CODE } from '../events/settle-exit.ts'
import { ProcessDetailsSchema } from '../gen/containerd/runc/v1/runc.gen.ts'
import type { Process } from '../gen/containerd/v1/types/task.gen.ts'
import { checkIdentifier } from '../identifiers.ts'
import { AttachedIo } from '../stdio/attached-io.ts'
import { isFifo, removeFifos } from '../stdio/fifo.ts'
import { connectStdio } from '../stdio/stdio-plan.ts'
import { processInfo } from '../task-status.ts'
import { INIT_PROCESS, type ProcessIo, type Restored, type StdioOption } from '../types.ts'
import { closeIo } from './open-stdio.ts'

/** How to meet a container again. */
export interface RestoreOptions {
  /** Attaches to the FIFOs of the first process, where it has some. */
  readonly stdio?: StdioOption
  /** Attaches to those of execs that run. */
  readonly execStdio?: (execId: string, io: ProcessIo) => void | Promise<void>
  readonly signal?: AbortSignal
}

/** Takes a container with its task and execs into the picture.
 *  @throws {TeuError} ERR_TEU_NOT_FOUND, ERR_TEU_ALREADY_EXISTS for a container that this client knows already */
export async function restore(ctx: ClientContext, id: string, options: RestoreOptions): Promise<Restored> {
  checkIdentifier('container ID', id)
  if (ctx.known.has(id)) {
    throw new TeuError('ERR_TEU_ALREADY_EXISTS', `Cannot restore container "${id}": this client knows it`, { containerId: id })
  }
  return ctx.underWay.making(`restore container "${id}"`, options.signal, (signal) => meetAgain(ctx, id, { ...options, signal }))
}

async function meetAgain(ctx: ClientContext, id: string, options: RestoreOptions): Promise<Restored> {
  const container = new KnownContainer(id, '')
  ctx.known.set(id, container)
  // Events of others who start something at this moment wait: they would take the same process into the picture, and tell its end once more.
  const met = deferred()
  container.queue.push(() => met.promise)
  return container.lock.exclusive(async () => {
    try {
      return await attempt(ctx, { name: 'restore', containerId: id }, () => meet(ctx, container, options))
    } catch (error) {
      ctx.known.delete(id)
      for (const run of [container.init, ...container.execs.values()]) {
        run?.watch?.abort()
        run?.io?.close()
      }
      throw error
    } finally {
      met.resolve()
    }
  })
}

async function meet(ctx: ClientContext, container: KnownContainer, options: RestoreOptions): Promise<Restored> {
  const { id } = container
  const { signal, stdio, execStdio } = options
  await ctx.services.containers.get({ id }, { signal })
  container.bundle = bundlePath(ctx.stateDir, id)
  const process = await readProcess(ctx, id, INIT_PROCESS, { signal })
  if (process === undefined) return { alive: false, pid: 0, execs: [] }
  const run = adoptProcess(ctx, container, INIT_PROCESS, process, { isForeign: false })
  // Before everything else: the program may be waiting for somebody to read.
  if (stdio !== undefined) await attach(ctx, run, process, stdio, signal)
  const info = processInfo(process)
  if (info.status === 'stopped') {
    const { exitCode = UNKNOWN_EXIT_CODE, exitedAt } = info
    container.queue.push(() => settleExit(ctx, container, run, { exitCode, exitedAt, source: 'resync' }))
  }
  const execs = await meetExecs(ctx, container, execStdio, signal)
  return { alive: info.status !== 'stopped', pid: process.pid, status: info.status, execs }
}

/** Opens our ends of the FIFOs that a process was given; files and loggers need nobody. */
async function attach(
  ctx: ClientContext,
  run: ProcessRun,
  process: Process,
  stdio: StdioOption,
  signal: AbortSignal | undefined,
): Promise<void> {
  const fifo = async (path: string): Promise<string | undefined> => (path !== '' && (await isFifo(path)) ? path : undefined)
  const [stdin, stdout, stderr] = [await fifo(process.stdin), await fifo(process.stdout), await fifo(process.stderr)]
  if (stdin === undefined && stdout === undefined && stderr === undefined) return
  run.io = new AttachedIo({ stdin, stdout, stderr }, process.terminal, () => closeIo(ctx, run.containerId, run.processId))
  run.io.opened()
  await abortable(connectStdio(run.io, stdio, run.containerId), signal)
}

async function meetExecs(
  ctx: ClientContext,
  container: KnownContainer,
  execStdio: RestoreOptions['execStdio'],
  signal: AbortSignal | undefined,
): Promise<Restored['execs']> {
  const { id } = container
  const ownIds = await execIdsOfFifos(container.bundle)
  const { processes } = await ctx.services.tasks.listPids({ containerId: id }, { signal })
  const runningIds = processes
    .map(({ info }) => readProtobufAny(ProcessDetailsSchema, info)?.execId ?? '')
    .filter((execId) => execId !== '')
  const execs: { id: string; pid: number }[] = []
  for (const execId of new Set([...ownIds, ...runningIds])) {
    const process = await readProcess(ctx, id, execId, { signal })
    if (process === undefined) {
      await removeFifos(['stdin', 'stdout', 'stderr'].map((stream) => join(container.bundle, `${execId}-${stream}`)))
      continue
    }
    const run = adoptProcess(ctx, container, execId, process, { isForeign: !ownIds.has(execId) })
    if (execStdio !== undefined) await attach(ctx, run, process, (io) => execStdio(execId, io), signal)
    execs.push({ id: execId, pid: process.pid })
  }
  return execs
}

/** Ids of the execs that have left FIFOs in a directory. */
async function execIdsOfFifos(bundle: string): Promise<Set<string>> {
  const names = await readdir(bundle).catch(() => [])
  const ids = names.map((name) => /^(.+)-std(?:in|out|err)$/.exec(name)?.[1]).filter((id) => id !== undefined)
  return new Set(ids.filter((id) => id !== INIT_PROCESS))
}
