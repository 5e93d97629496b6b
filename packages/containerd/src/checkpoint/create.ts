/** Checkpoints of running containers. */

import { open, type FileHandle } from 'node:fs/promises'
import { TeuError } from '@teu/spec'
import { protobufAny } from '../any.ts'
import { load } from '../container/load.ts'
import type { ClientContext } from '../context.ts'
import { rpcOf } from '../error/from-rpc.ts'
import { refine } from '../error/refine.ts'
import { CheckpointOptionsSchema } from '../gen/containerd/runc/v1/runc.gen.ts'
import { type Lease, withLease } from '../lease.ts'
import { readProcess } from '../container/read-process.ts'
import { surely } from '../operations/force-delete.ts'
import { report } from '../report.ts'
import type { Services } from '../rpc/services.ts'
import { taskStatus } from '../task-status.ts'
import type { CriuOptions } from '../types.ts'
import { CRIU_TAR_TYPE } from './media-type.ts'
import { unpackDirectory } from './pack.ts'
import { targetDirectory } from './target-directory.ts'

const MAX_LOG_BYTES = 64 * 1024
const MAX_LOG_LINES = 5

/** How to make a checkpoint. */
export interface CheckpointOptions extends CriuOptions {
  /** The container ends, with an ordinary exit. */
  readonly exit?: boolean
  readonly signal?: AbortSignal
}

/** Writes CRIU's images of a container into a directory, which must be empty or not exist. Nothing of it stays in the daemon, and nothing
 *  in the directory when it fails.
 *  @throws {TeuError} ERR_TEU_CRIU with CRIU's words; the container runs on then. ERR_TEU_NOT_FOUND, ERR_TEU_NOT_RUNNING;
 *                     ERR_TEU_ALREADY_EXISTS, ERR_TEU_INVALID_ARGUMENT for the directory */
export async function createCheckpoint(ctx: ClientContext, id: string, dir: string, options: CheckpointOptions): Promise<void> {
  await ctx.underWay.making(`checkpoint container "${id}"`, options.signal, (signal) => carryOut(ctx, id, dir, { ...options, signal }))
}

async function carryOut(ctx: ClientContext, id: string, dir: string, options: CheckpointOptions): Promise<void> {
  const { exit = false, signal, ...criu } = options
  const container = await load(ctx, id, 'checkpoint', signal)
  const target = await targetDirectory(dir, id)
  const writeImages = async ({ services }: Lease): Promise<void> => {
    try {
      const digest = await dump(ctx, services, id, { ...criu, exit }, signal)
      await unpackDirectory(read(services, digest, signal), dir)
    } catch (error) {
      await target.clear()
      throw (await explain(ctx, error, id)) as Error
    }
  }
  // A daemon that still has the images of one checkpoint refuses to write the same ones again.
  await container.lock.exclusive(() => withLease(ctx.services, 'checkpoint', writeImages, { collect: true }), signal)
}

/** @returns the digest of the images */
async function dump(
  ctx: ClientContext,
  services: Services,
  containerId: string,
  options: CriuOptions & { exit: boolean },
  signal: AbortSignal | undefined,
): Promise<string> {
  const { emptyNamespaces = [], ...rest } = options
  const process = await readProcess(ctx, containerId, undefined, { signal })
  const wasPaused = taskStatus(process?.status ?? 0) === 'paused'
  if (!wasPaused) await pause(ctx, containerId)
  try {
    signal?.throwIfAborted()
    const { descriptors } = await services.tasks.checkpoint({
      containerId,
      options: protobufAny(CheckpointOptionsSchema, { ...rest, emptyNamespaces: [...emptyNamespaces] }),
    })
    const images = descriptors.find(({ mediaType }) => mediaType === CRIU_TAR_TYPE)
    if (images !== undefined) return images.digest
    throw new TeuError('ERR_TEU_CRIU', `Cannot checkpoint container "${containerId}": the daemon has made no images`, { containerId })
  } finally {
    if (!wasPaused) await resume(ctx, containerId, options.exit)
  }
}

async function pause(ctx: ClientContext, containerId: string): Promise<void> {
  try {
    await ctx.services.tasks.pause({ containerId })
  } catch (error) {
    // Without an answer nobody knows whether it has.
    if (rpcOf(error)?.answered === false) await resume(ctx, containerId, true)
    throw error
  }
}

/** A daemon that was killed meanwhile is waited for: it was we who have stopped the container. One that was to end, or was not
 *  stopped, need not go on. */
async function resume(ctx: ClientContext, containerId: string, mayFail: boolean): Promise<void> {
  try {
    await surely(ctx, () => ctx.services.tasks.resume({ containerId }))
  } catch (error) {
    if (!mayFail) report({ what: 'resume after a checkpoint', containerId, error })
  }
}

async function* read(services: Services, digest: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  for await (const { data } of services.content.read({ digest }, { signal })) yield data
}

/** Where CRIU failed: its name is in the sentence, with the last errors of its log if we can read that. */
async function explain(ctx: ClientContext, error: unknown, containerId: string): Promise<unknown> {
  const rpc = rpcOf(error)
  if (rpc === undefined || !/criu/i.test(rpc.message)) return refine(ctx, { name: 'checkpoint', containerId }, error)
  const path = /\/\S+dump\.log/.exec(rpc.message)?.[0]
  const lines = path === undefined ? [] : await lastErrors(path)
  const message = [`Cannot checkpoint container "${containerId}": ${rpc.message}`, ...lines].join('\n')
  return new TeuError('ERR_TEU_CRIU', message, { containerId, operation: 'checkpoint', path, cause: rpc })
}

async function lastErrors(path: string): Promise<string[]> {
  let file: FileHandle | undefined
  try {
    file = await open(path)
    const { size } = await file.stat()
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(MAX_LOG_BYTES), position: Math.max(0, size - MAX_LOG_BYTES) })
    const lines = buffer.subarray(0, bytesRead).toString().split('\n')
    return lines.filter((line) => line.includes('Error')).slice(-MAX_LOG_LINES)
  } catch {
    return []
  } finally {
    await file?.close()
  }
}
