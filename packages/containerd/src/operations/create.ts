/** Making records of containers. */

import { isTeuError, type Spec, TeuError, validateSpec } from '@teu/spec'
import { jsonAny, TYPE_URL } from '../any.ts'
import { BUNDLE_LABEL, bundlePath, makeBundleDir, removeBundleDir, rootOwner } from '../container/bundle-dir.ts'
import { depart } from '../container/depart.ts'
import { KnownContainer } from '../container/known-container.ts'
import { wireRuntime } from '../container/runtime-ref.ts'
import { taskBasis } from '../container/task-basis.ts'
import type { ClientContext } from '../context.ts'
import { attempt } from '../error/refine.ts'
import { checkIdentifier, checkLabels } from '../identifiers.ts'
import { report } from '../report.ts'
import type { CreateOptions } from '../types.ts'
import { forceDelete } from './force-delete.ts'

/** Makes a record. No process is started.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID with the place in the config, ERR_TEU_ALREADY_EXISTS, ERR_TEU_INVALID_ID,
 *                     ERR_TEU_INVALID_ARGUMENT, ERR_TEU_UNAVAILABLE */
export async function create(ctx: ClientContext, id: string, spec: Spec, options: CreateOptions): Promise<KnownContainer> {
  checkIdentifier('container ID', id)
  checkLabels(options.labels ?? {})
  if (options.replace === true) return replace(ctx, id, spec, options)
  if (ctx.known.has(id)) throw new TeuError('ERR_TEU_ALREADY_EXISTS', `Cannot create container "${id}": it exists`, { containerId: id })
  return createNew(ctx, id, spec, options)
}

async function createNew(ctx: ClientContext, id: string, config: Spec, options: CreateOptions): Promise<KnownContainer> {
  const { image = '', snapshotter = '', snapshotKey = '', extensions = {}, labels = {}, signal } = options
  const spec = validateSpec(config)
  const bundle = await makeBundleDir(bundlePath(ctx.stateDir, id, labels), rootOwner(spec))
  const container = {
    id,
    image,
    snapshotter,
    snapshotKey,
    extensions,
    labels: { ...labels, [BUNDLE_LABEL]: bundle },
    runtime: wireRuntime(options.runtime ?? ctx.runtime),
    spec: jsonAny(TYPE_URL.spec, spec),
  }
  const known = new KnownContainer(id, bundle)
  try {
    const created = await attempt(ctx, { name: 'create', containerId: id }, () => ctx.services.containers.create({ container }, { signal }))
    known.freshBasis = created.container && taskBasis(created.container)
  } catch (error) {
    // Of a container that exists it is the directory.
    if (!isTeuError(error, 'ERR_TEU_ALREADY_EXISTS')) await removeBundle(id, bundle)
    throw error
  }
  ctx.known.set(id, known)
  return known
}

/** Removes a directory that nobody needs any more; a failure is only reported. */
export async function removeBundle(id: string, bundle: string): Promise<void> {
  try {
    await removeBundleDir(bundle)
  } catch (error) {
    report({ what: `remove ${bundle}`, containerId: id, error })
  }
}

/** Takes the place of a container of the same id. What is gone meanwhile counts as removed. */
async function replace(ctx: ClientContext, id: string, spec: Spec, options: CreateOptions): Promise<KnownContainer> {
  const { replace: _, ...rest } = options
  try {
    return await create(ctx, id, spec, rest)
  } catch (error) {
    if (!isTeuError(error, 'ERR_TEU_ALREADY_EXISTS')) throw error
  }
  await attempt(ctx, { name: 'replace', containerId: id }, async () => {
    await forceDelete(ctx, id)
    await ctx.services.containers.delete({ id }).catch(ignoreMissing)
  })
  const former = ctx.known.get(id)
  if (former !== undefined) depart(ctx, former)
  return createNew(ctx, id, spec, rest)
}

function ignoreMissing(error: unknown): void {
  if (!isTeuError(error, 'ERR_TEU_NOT_FOUND')) throw error
}
