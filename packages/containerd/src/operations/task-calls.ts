/** Operations on the task as a whole, one call each. */

import { type LinuxResources, TeuError, validateResources } from '@teu/spec'
import { jsonAny, readProtobufAny, TYPE_URL } from '../any.ts'
import { specOf } from '../container/record.ts'
import type { ClientContext } from '../context.ts'
import { attempt } from '../error/refine.ts'
import { ProcessDetailsSchema } from '../gen/containerd/runc/v1/runc.gen.ts'
import { owing } from '../events/owed.ts'
import { checkIdentifier, execIdOf } from '../identifiers.ts'
import { readTaskMetrics, type TaskMetrics } from '../metrics/read.ts'
import { mergeResources } from './merge-resources.ts'
import { processInfo } from '../task-status.ts'
import { readTime } from '../time.ts'
import { INIT_PROCESS, type ProcessInfo } from '../types.ts'

/** Freezes all processes; resolves when they are.
 *  @throws {TeuError} ERR_TEU_NOT_FOUND, ERR_TEU_PAUSED, ERR_TEU_NOT_RUNNING, ERR_TEU_INVALID_STATE when only created */
export async function pause(ctx: ClientContext, id: string, signal?: AbortSignal): Promise<void> {
  checkIdentifier('container ID', id)
  const call = () => attempt(ctx, { name: 'pause', containerId: id }, () => ctx.services.tasks.pause({ containerId: id }, { signal }))
  await owing(ctx.known.get(id), 'paused', call)
}

/** Lets frozen processes go on.
 *  @throws {TeuError} ERR_TEU_NOT_FOUND, ERR_TEU_ALREADY_RUNNING, ERR_TEU_NOT_RUNNING */
export async function resume(ctx: ClientContext, id: string, signal?: AbortSignal): Promise<void> {
  checkIdentifier('container ID', id)
  const call = () => attempt(ctx, { name: 'resume', containerId: id }, () => ctx.services.tasks.resume({ containerId: id }, { signal }))
  await owing(ctx.known.get(id), 'resumed', call)
}

/** The state of a process, read now.
 *  @throws {TeuError} ERR_TEU_NOT_FOUND without a task */
export function readInfo(ctx: ClientContext, id: string, processId: string, signal?: AbortSignal): Promise<ProcessInfo> {
  checkIdentifier('container ID', id)
  return attempt(ctx, { name: 'status', containerId: id, processId }, async () => {
    const { process } = await ctx.services.tasks.get({ containerId: id, execId: execIdOf(id, processId) }, { signal })
    if (process === undefined) throw new TeuError('ERR_TEU_RUNTIME', `Cannot read the status of container "${id}": empty answer`)
    return processInfo(process)
  })
}

/** One process of a container. `execId` stands with the first process of an exec. */
export interface ProcessSummary {
  readonly pid: number
  readonly execId?: string
}

/** All processes of a container, by host pid. */
export async function summary(ctx: ClientContext, id: string, signal?: AbortSignal): Promise<ProcessSummary[]> {
  checkIdentifier('container ID', id)
  const { processes } = await attempt(ctx, { name: 'summary', containerId: id }, () =>
    ctx.services.tasks.listPids({ containerId: id }, { signal }),
  )
  return processes.map(({ pid, info }) => {
    const execId = readProtobufAny(ProcessDetailsSchema, info)?.execId
    return execId === undefined || execId === '' ? { pid } : { pid, execId }
  })
}

/** Resource usage of a container at one moment. */
export interface Stats {
  readonly read: Date
  readonly metrics: TaskMetrics
}

/** Reads resource usage.
 *  @throws {TeuError} ERR_TEU_NOT_FOUND without a task; ERR_TEU_UNSUPPORTED when the shim has no metrics, as on a host with cgroup v1 where it
 *                     does not see all hierarchies, or metrics of a type that nobody knows */
export async function stats(ctx: ClientContext, id: string, signal?: AbortSignal): Promise<Stats> {
  checkIdentifier('container ID', id)
  return attempt(ctx, { name: 'stats', containerId: id }, async () => {
    const { metrics } = await ctx.services.tasks.metrics({ filters: [`id=="${id}"`] }, { signal })
    const [metric] = metrics
    const read = readTaskMetrics(metric?.data)
    if (metric !== undefined && read !== undefined) return { read: readTime(metric.timestamp) ?? new Date(), metrics: read }
    await ctx.services.tasks.get({ containerId: id }, { signal })
    const why = metric?.data === undefined ? 'the shim has none' : `they are of the unknown type ${metric.data.typeUrl}`
    throw new TeuError('ERR_TEU_UNSUPPORTED', `Cannot read the metrics of container "${id}": ${why}`, { containerId: id })
  })
}

/** How to change limits. */
export interface UpdateOptions {
  readonly annotations?: Readonly<Record<string, string>>
  /** Also writes the new values into the record, for the next start. Other limits of the record stay; lists, such as those of devices, are
   *  taken as a whole. */
  readonly persist?: boolean
  readonly signal?: AbortSignal
}

/** Changes limits of a running container.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID, ERR_TEU_NOT_FOUND, ERR_TEU_NOT_RUNNING, ERR_TEU_RUNTIME with what the runtime says */
export async function updateResources(ctx: ClientContext, id: string, change: LinuxResources, options: UpdateOptions): Promise<void> {
  checkIdentifier('container ID', id)
  const resources = validateResources(change)
  const { annotations = {}, persist = false, signal } = options
  await attempt(ctx, { name: 'update', containerId: id, processId: INIT_PROCESS }, async () => {
    await ctx.services.tasks.update({ containerId: id, resources: jsonAny(TYPE_URL.linuxResources, resources), annotations }, { signal })
    if (persist) await persistResources(ctx, id, resources, signal)
  })
}

async function persistResources(ctx: ClientContext, id: string, resources: LinuxResources, signal: AbortSignal | undefined): Promise<void> {
  const { container } = await ctx.services.containers.get({ id }, { signal })
  if (container === undefined) return
  const spec = specOf(container)
  const merged = { ...spec, linux: { ...spec.linux, resources: mergeResources(spec.linux?.resources, resources) } }
  const request = { container: { id, spec: jsonAny(TYPE_URL.spec, merged) }, updateMask: { paths: ['spec'] } }
  await ctx.services.containers.update(request, { signal })
}
