/** Watching one engine, with one call. */

import { realpathSync } from 'node:fs'
import { TeuError } from '@teu/spec'
import type { Cancellable, EngineClient } from './engine-client.ts'
import { socketPath } from './rest/engine-api.ts'
import type { SourceOptions } from './source.ts'
import { SOURCES, sourceByName } from './sources.ts'
import { Watcher, type WatchOptions } from './watcher/watcher.ts'

/** Options of {@link watch}. */
export interface WatchTargetOptions extends WatchOptions, SourceOptions, Cancellable {
  /** Kind of the engine, `docker.com`, `podman.io` or `containerd.io`, for a socket whose name does not tell. */
  readonly type?: string | undefined
}

/** Begins to watch an engine. That it is not there yet is no error; the watcher goes on trying, and `ready()` tells when it has been heard.
 *  Dispose the watcher, or abort the signal, to end it.
 *  @param target  its socket, as a path or `unix:///path`, or a client of it, which is disposed with the watcher
 *  @throws {TeuError} ERR_TEU_USAGE when it is not known what listens there, ERR_TEU_UNSUPPORTED for other kinds of addresses */
export function watch(target: string | EngineClient, options: WatchTargetOptions = {}): Watcher {
  const watcher = new Watcher(typeof target === 'string' ? openEngine(target, options) : target, options)
  // How it ends is told by ready() and events().
  watcher.watch({ signal: options.signal }).catch(() => undefined)
  return watcher
}

/** A client for a socket. See {@link watch} for the errors. */
export function openEngine(address: string, options: SourceOptions & { readonly type?: string | undefined } = {}): EngineClient {
  const path = socketPath(address)
  const { type } = options
  const source = type === undefined ? sourceByName(realPath(path)) : SOURCES.find((one) => one.type === type)
  if (source !== undefined) return source.open(path, options)
  const types = SOURCES.map((one) => one.type).join(', ')
  const why = type === undefined ? 'its name does not tell what listens there' : `there is no engine type "${type}"`
  throw new TeuError('ERR_TEU_USAGE', `Cannot watch ${path}: ${why}`, { path, remedy: `give \`type\`, one of ${types}` })
}

/** podman-docker makes /run/docker.sock a link to Podman's socket. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
