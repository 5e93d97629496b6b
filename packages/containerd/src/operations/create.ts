/** Making records of containers. */

import { randomUUID } from 'node:crypto'
import { checkOptions, isTeuError, OPTION, type OptionRules, type Spec, TeuError, validateSpec } from '@teu/spec'
import { type Any, jsonAny, TYPE_URL } from '../any.ts'
import { BUNDLE_LABEL, bundlePath } from '../container/bundle-dir.ts'
import { KnownContainer } from '../container/known-container.ts'
import { wireRuntime } from '../container/runtime-ref.ts'
import { taskBasis } from '../container/task-basis.ts'
import type { ClientContext } from '../context.ts'
import { attempt } from '../error/refine.ts'
import { rpcOf } from '../error/from-rpc.ts'
import { withSuppressed } from '../error/suppressed.ts'
import { checkCallersLabels, checkIdentifier } from '../identifiers.ts'
import type { CreateOptions } from '../types.ts'
import { deleteRecord, forgetContainer } from './delete-task.ts'
import { surely } from './force-delete.ts'

/** Which call has made a record: after a call that is given up, or whose answer is lost, it tells ours from another client's. */
const NONCE_LABEL = 'dev.teu/nonce'
/** How long a call may take to end after an abort, before it is cancelled. */
const GRACE_MS = 2_000

const RULES: OptionRules = {
  runtime: OPTION.object,
  labels: OPTION.object,
  image: OPTION.text,
  snapshotter: OPTION.text,
  snapshotKey: OPTION.text,
  extensions: OPTION.object,
  replace: OPTION.flag,
  signal: OPTION.abortSignal,
}

/** A request that has passed all checks. */
interface Prepared {
  readonly id: string
  readonly bundle: string
  readonly labels: Readonly<Record<string, string>>
  readonly spec: Spec
  readonly fields: {
    readonly image: string
    readonly snapshotter: string
    readonly snapshotKey: string
    readonly extensions: Readonly<Record<string, Any>>
    readonly runtime: { readonly name: string; readonly options?: Any }
    readonly spec: Any
  }
}

/** Makes a record. No process is started. After an abort, or an answer that was lost, there is none either; where that cannot be made sure,
 *  `suppressed` of the error says so, or a report when the error is the signal's reason.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID with the place in the config, ERR_TEU_ALREADY_EXISTS, ERR_TEU_INVALID_ID,
 *                     ERR_TEU_INVALID_ARGUMENT, ERR_TEU_UNAVAILABLE
 *  @throws {TypeError | RangeError} for options that are none; nothing has been changed then, also with `replace` */
export async function create(ctx: ClientContext, id: string, spec: Spec, options: CreateOptions): Promise<KnownContainer> {
  const prepared = prepare(ctx, id, spec, options)
  return ctx.underWay.making(`create container "${id}"`, options.signal, (signal) => {
    signal.throwIfAborted()
    return options.replace === true ? replaceBy(ctx, prepared, signal) : createNew(ctx, prepared, signal)
  })
}

/** Checks everything, before anything is changed. */
function prepare(ctx: ClientContext, id: string, config: Spec, options: CreateOptions): Prepared {
  checkIdentifier('container ID', id)
  checkOptions('create', options, RULES)
  const { image = '', snapshotter = '', snapshotKey = '', extensions = {}, labels = {} } = options
  checkCallersLabels(labels)
  const spec = validateSpec(config)
  const runtime = wireRuntime(options.runtime ?? ctx.runtime)
  const fields = { image, snapshotter, snapshotKey, extensions, runtime, spec: jsonAny(TYPE_URL.spec, spec) }
  return { id, bundle: bundlePath(ctx.stateDir, id), labels, spec, fields }
}

async function createNew(ctx: ClientContext, prepared: Prepared, signal: AbortSignal | undefined): Promise<KnownContainer> {
  const { id, bundle, labels, spec, fields } = prepared
  await checkFree(ctx, id, signal)
  const nonce = randomUUID()
  const container = { id, ...fields, labels: { ...labels, [BUNDLE_LABEL]: bundle, [NONCE_LABEL]: nonce } }
  const known = new KnownContainer(id, bundle)
  try {
    await attempt(ctx, { name: 'create', containerId: id }, () =>
      graced(signal, (late) => ctx.services.containers.create({ container }, { signal: late })),
    )
    signal?.throwIfAborted()
    known.freshBasis = taskBasis({ id, ...fields }, spec)
  } catch (error) {
    if (isTeuError(error, 'ERR_TEU_ALREADY_EXISTS')) throw error
    throw (await takeBack(ctx, id, nonce, error)) as Error
  }
  ctx.known.set(id, known)
  return known
}

/** Refuses an id that is taken. The record of a container that this client knows may have been removed by another one. */
async function checkFree(ctx: ClientContext, id: string, signal: AbortSignal | undefined): Promise<void> {
  const container = ctx.known.get(id)
  if (container === undefined) return
  try {
    await attempt(ctx, { name: 'create', containerId: id }, () => ctx.services.containers.get({ id }, { signal }))
  } catch (error) {
    if (!isTeuError(error, 'ERR_TEU_NOT_FOUND')) throw error
    if (ctx.known.get(id) === container) await forgetContainer(ctx, container)
    return
  }
  throw new TeuError('ERR_TEU_ALREADY_EXISTS', `Cannot create container "${id}": it exists`, { containerId: id })
}

/** Runs a call whose end after an abort is waited for, so that what it did is known; not for long. */
async function graced<T>(signal: AbortSignal | undefined, call: (late: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController()
  let grace: ReturnType<typeof setTimeout> | undefined
  const abort = (): void => {
    grace = setTimeout(() => late.abort(signal?.reason), GRACE_MS)
  }
  signal?.addEventListener('abort', abort, { once: true })
  try {
    return await call(late.signal)
  } finally {
    clearTimeout(grace)
    signal?.removeEventListener('abort', abort)
  }
}

/** Removes what a failed call may have made all the same.
 *  @returns the error for the caller */
async function takeBack(ctx: ClientContext, id: string, nonce: string, failure: unknown): Promise<unknown> {
  const suppressed: unknown[] = []
  const isRefused = rpcOf(failure)?.answered === true && !isTeuError(failure, 'ERR_TEU_TIMEOUT')
  if (!isRefused) await surely(ctx, () => removeOurs(ctx, id, nonce)).catch((error: unknown) => suppressed.push(unsure(id, error)))
  return withSuppressed(failure, suppressed)
}

async function removeOurs(ctx: ClientContext, id: string, nonce: string): Promise<void> {
  try {
    const { container } = await ctx.services.containers.get({ id })
    if (container?.labels[NONCE_LABEL] === nonce) await ctx.services.containers.delete({ id })
  } catch (error) {
    ignoreMissing(error)
  }
}

function unsure(containerId: string, cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new TeuError('ERR_TEU_UNAVAILABLE', `Cannot find out whether the record of container "${containerId}" was made: ${why}`, {
    containerId,
    operation: 'create',
    remedy: 'Delete it, or create it with replace, when the daemon answers again',
    cause,
  })
}

/** Takes the place of a container of the same id. What is gone meanwhile counts as removed. */
async function replaceBy(ctx: ClientContext, prepared: Prepared, signal: AbortSignal | undefined): Promise<KnownContainer> {
  const { id } = prepared
  try {
    return await createNew(ctx, prepared, signal)
  } catch (error) {
    if (!isTeuError(error, 'ERR_TEU_ALREADY_EXISTS')) throw error
  }
  await deleteRecord(ctx, id, 'replace', { force: true }).catch(ignoreMissing)
  return createNew(ctx, prepared, signal)
}

function ignoreMissing(error: unknown): void {
  if (!isTeuError(error, 'ERR_TEU_NOT_FOUND')) throw error
}
