/** Containers of images: record and root file system together. */

import { randomBytes } from 'node:crypto'
import { checkOptions, isTeuError, OPTION, type OptionRules, SPEC_OPTION_RULES } from '@teu/spec'
import type { ContainerHandle } from '../../container-handle.ts'
import type { Containerd } from '../../containerd.ts'
import { contextOf } from '../../context.ts'
import { withSuppressed } from '../../error/suppressed.ts'
import { checkCallersLabels, checkIdentifier } from '../../identifiers.ts'
import { surely } from '../../operations/force-delete.ts'
import type { RuntimeRef } from '../../types.ts'
import { readAccounts } from '../config/read-accounts.ts'
import { type ImageSpecOptions, specFromImage } from '../config/spec-from-image.ts'
import { withLease } from '../../lease.ts'
import { prepareRoot, removeRoot, type RootSnapshot } from '../unpack/root-snapshot.ts'
import { type UnpackedImage, unpackImage, type UnpackOptions } from '../unpack/unpack-image.ts'

/** Options of {@link createFromImage}. */
export interface CreateFromImageOptions extends ImageSpecOptions, UnpackOptions {
  /** Default: `teu-` and random digits. */
  readonly id?: string | undefined
  /** Beside those of the image; these win. Those of engines (`dev.teu/`, `com.docker/`) are refused. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** Default: the client's. */
  readonly runtime?: RuntimeRef | undefined
}

/** A container of an image, not started yet. Disposing it removes it. */
export interface ImageContainer extends AsyncDisposable {
  readonly id: string
  /** Its methods: `start`, `exec`, `wait` … */
  readonly handle: ContainerHandle
  readonly image: UnpackedImage
  readonly root: RootSnapshot
  /** Signal that the image wants to be stopped by; undefined is SIGTERM. */
  readonly stopSignal?: string
  /** Kills what runs, and removes task, record and snapshot. Not to be cancelled; what is gone already is no failure, and a daemon that is
   *  away is waited for, as long as `cleanupTimeoutMs`.
   *  @throws {TeuError} ERR_TEU_UNAVAILABLE */
  remove(): Promise<void>
}

const { rootfs: _rootfs, command: _command, ...SPEC_RULES } = SPEC_OPTION_RULES

/** Rules for {@link CreateFromImageOptions}. */
export const CREATE_RULES: OptionRules = {
  ...SPEC_RULES,
  args: OPTION.texts,
  entrypoint: OPTION.texts,
  user: { expected: 'a number or a string', isKind: (value) => typeof value === 'number' || typeof value === 'string' },
  id: OPTION.text,
  labels: OPTION.object,
  runtime: OPTION.object,
  platform: { expected: 'a string or an object', isKind: (value) => typeof value === 'string' || OPTION.object.isKind(value) },
  snapshotter: OPTION.text,
  onProgress: OPTION.callback,
  signal: OPTION.abortSignal,
}

const ID_BYTES = 8

/**
 * Unpacks an image where that has not been done, and makes a container of it with a root file system of its own.
 * @throws {TeuError} ERR_TEU_NOT_FOUND for image or platform, ERR_TEU_ALREADY_EXISTS for the id, ERR_TEU_USAGE when nothing says what to run,
 *  ERR_TEU_CONFIG_INVALID for the config and for unknown users; nothing is left then
 */
export async function createFromImage(client: Containerd, name: string, options: CreateFromImageOptions = {}): Promise<ImageContainer> {
  checkOptions('createFromImage', options, CREATE_RULES)
  const { id = `teu-${randomBytes(ID_BYTES).toString('hex')}` } = options
  checkIdentifier('container ID', id)
  checkCallersLabels(options.labels ?? {})
  return contextOf(client).underWay.making(`create container "${id}"`, options.signal, (signal) =>
    make(client, name, id, { ...options, signal }),
  )
}

async function make(client: Containerd, name: string, id: string, options: CreateFromImageOptions): Promise<ImageContainer> {
  const { signal } = options
  const image = await unpackImage(client.services, name, options)
  // Until the record is there, the lease keeps the snapshot.
  return withLease(client.services, 'create', async ({ services: held }) => {
    const root = await prepareRoot(held, image, { key: id, signal })
    const remove = (): Promise<void> => removeContainer(client, id, root)
    try {
      const { handle, stopSignal } = await makeRecord(client, id, image, root, options)
      return { id, handle, image, root, remove, [Symbol.asyncDispose]: remove, ...(stopSignal === undefined ? {} : { stopSignal }) }
    } catch (error) {
      // Not the record: if there is one of this id, somebody else has made it.
      throw withSuppressed(error, await removeRootSurely(client, root))
    }
  })
}

async function removeRootSurely(client: Containerd, root: RootSnapshot): Promise<unknown[]> {
  try {
    await surely(contextOf(client), () => removeRoot(client.services, root))
    return []
  } catch (error) {
    return [error]
  }
}

async function makeRecord(
  client: Containerd,
  id: string,
  image: UnpackedImage,
  { snapshotter, key, mounts }: RootSnapshot,
  options: CreateFromImageOptions,
): Promise<{ handle: ContainerHandle; stopSignal?: string }> {
  const { id: _id, labels: own, runtime, platform: _p, snapshotter: _s, onProgress: _o, signal, ...specOptions } = options
  const accounts = await readAccounts(mounts)
  const cgroupsPath = options.cgroupsPath ?? `/${client.namespace}/${id}`
  const { spec, labels, stopSignal } = specFromImage(image.config, accounts, { ...specOptions, cgroupsPath })
  signal?.throwIfAborted()
  const handle = await client.create(id, spec, {
    image: image.record.name,
    snapshotter,
    snapshotKey: key,
    labels: { ...labels, ...own },
    ...(runtime === undefined ? {} : { runtime }),
  })
  return { handle, ...(stopSignal === undefined ? {} : { stopSignal }) }
}

/** A daemon that is away meanwhile is waited for, as long as cleaning up may take. */
async function removeContainer(client: Containerd, id: string, root: RootSnapshot): Promise<void> {
  await surely(contextOf(client), async () => {
    try {
      await client.delete(id, { force: true })
    } catch (error) {
      if (!isTeuError(error, 'ERR_TEU_NOT_FOUND')) throw error
    }
    await removeRoot(client.services, root)
  })
}
