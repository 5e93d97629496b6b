/** Containers of a containerd from what `run` asks for. */

import { randomBytes } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { userInRootfs } from '@teu/container'
import type { Containerd, Images, RuntimeRef } from '@teu/containerd'
import { bindMount, DEFAULT_CAPABILITIES, type Mount, specFor, type SpecOptions, TeuError, type User } from '@teu/spec'
import { programOptionsOf } from '../human/engine-options.ts'
import { readSeccomp } from '../human/read-seccomp.ts'
import { profileForRuntimes } from './runtime-seccomp.ts'
import { withImage } from './containerd-image.ts'
import { initProcess } from './containerd-process.ts'
import type { HostRunRequest, NewContainer } from './host.ts'

const RUNC_SHIM = 'io.containerd.runc.v2'
/** Shims are named so; everything else is an OCI runtime for runc's. */
const SHIM = /^io\.containerd\./
const ID_BYTES = 6
/** Files by which names are found, on the network of the machine. */
const NAME_FILES = ['/etc/resolv.conf', '/etc/hosts']

/** Makes a container; nothing is started.
 *  @throws {TeuError} ERR_TEU_NOT_FOUND for the image, ERR_TEU_ALREADY_EXISTS for the id … */
export async function createContainer(
  client: Containerd,
  images: Images,
  request: HostRunRequest,
  signal: AbortSignal,
): Promise<NewContainer> {
  const id = request.program.id ?? `teu-${randomBytes(ID_BYTES).toString('hex')}`
  const runtime = runtimeOf(request.runtime)
  return request.image === undefined
    ? fromDirectory(client, id, request, runtime, signal)
    : fromImage(client, images, request.image, id, request, runtime, signal)
}

async function fromImage(
  client: Containerd,
  images: Images,
  image: string,
  id: string,
  request: HostRunRequest,
  runtime: RuntimeRef | undefined,
  signal: AbortSignal,
): Promise<NewContainer> {
  const { command, rootfs: _rootfs, user, mounts = [], ...options } = specOptionsOf(request)
  const createOptions = {
    ...options,
    mounts: [...nameFiles(options.network, mounts), ...mounts],
    id,
    labels: request.labels,
    signal,
    ...(user !== undefined && { user }),
    ...(command.length > 0 && { args: command }),
    ...(request.entrypoint !== undefined && { entrypoint: [request.entrypoint] }),
    ...(request.platform !== undefined && { platform: request.platform }),
    ...(runtime && { runtime }),
  }
  const container = await withImage(images, client.namespace, image, 'run image', () => images.create(image, createOptions))
  return { id, process: initProcess(client, container.handle), remove: () => container.remove() }
}

async function fromDirectory(
  client: Containerd,
  id: string,
  request: HostRunRequest,
  runtime: RuntimeRef | undefined,
  signal: AbortSignal,
): Promise<NewContainer> {
  const { rootfs = '', user, ...options } = specOptionsOf(request)
  checkDirectory(rootfs)
  const spec = specFor({
    ...options,
    rootfs,
    cgroupsPath: `/${client.namespace}/${id}`,
    ...(user !== undefined && { user: userOf(user, rootfs) }),
  })
  const handle = await client.create(id, spec, { labels: request.labels, signal, ...(runtime && { runtime }) })
  return { id, process: initProcess(client, handle), remove: () => handle.delete({ force: true }) }
}

type Options = Omit<SpecOptions, 'rootfs' | 'user'> & { rootfs?: string; user?: string | undefined }

/** What image and directory have in common: secure unless asked otherwise, as without a daemon. */
function specOptionsOf({ program, size }: HostRunRequest): Options {
  const { seccomp, ...options } = programOptionsOf(program, readSeccomp)
  const capabilities = options.capabilities ?? DEFAULT_CAPABILITIES
  return {
    ...options,
    ...(seccomp !== 'unconfined' && { seccomp: seccomp ?? profileForRuntimes(capabilities) }),
    ...(size && { consoleSize: { width: size.columns, height: size.rows } }),
  }
}

function runtimeOf(name: string | undefined): RuntimeRef | undefined {
  if (name === undefined) return undefined
  return SHIM.test(name) ? { name } : { name: RUNC_SHIM, options: { binaryName: name } }
}

function nameFiles(network: SpecOptions['network'], mounts: readonly Mount[]): Mount[] {
  if (network !== 'host') return []
  return NAME_FILES.filter((file) => existsSync(file) && !mounts.some(({ destination }) => destination === file)).map((file) =>
    bindMount(file, file, { readonly: true }),
  )
}

/** The daemon would say it in the words of a runtime that has failed. */
function checkDirectory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return
  throw new TeuError('ERR_TEU_NOT_FOUND', `Cannot use the root file system ${path}: it is not a directory`, { path })
}

function userOf(text: string, rootfs: string): User {
  const [user = '', ...group] = text.split(':')
  return userInRootfs(rootfs, user, group.length === 0 ? undefined : group.join(':'))
}
