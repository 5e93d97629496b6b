/** Watching one engine, with one call. */

import { realpathSync } from 'node:fs'
import { TeuError } from '@teu/spec'
import { apiVersionFromEnvironment, dockerEndpoint, type Environment } from './address/docker-environment.ts'
import { formatAddress, parseAddress } from './address/engine-address.ts'
import { DOCKER_SOCKET, DOCKER_TYPE } from './docker/docker-engine.ts'
import type { Cancellable, EngineClient } from './engine-client.ts'
import type { OpenOptions } from './source.ts'
import { SOURCES, sourceByName } from './sources.ts'
import { Watcher, type WatchOptions } from './watcher/watcher.ts'

/** Options of {@link openEngine}. */
export interface OpenEngineOptions extends OpenOptions {
  /** Kind of the engine, such as `docker.com`, for an address whose name does not tell. */
  readonly type?: string | undefined
}

/** Options of {@link watch}. */
export interface WatchTargetOptions extends WatchOptions, OpenEngineOptions, Cancellable {}

/** Begins to watch an engine. That it is not there yet is no error; the watcher goes on trying, and `ready()` tells when it has been heard.
 *  Dispose the watcher, or abort the signal, to end it; that closes the connection, too.
 *  @param target  its address (a path, `unix:///path`, `tcp://host:port`, `ssh://user@host`), or a client of it, which is disposed with the
 *    watcher. Default: what the docker command would talk to, see {@link openConfigured}
 *  @throws {TeuError} ERR_TEU_USAGE when it is not known what listens there, or the address is malformed; ERR_TEU_UNSUPPORTED for other
 *    kinds of addresses */
export function watch(target?: string | EngineClient, options: WatchTargetOptions = {}): Watcher {
  const engine = typeof target === 'string' ? openEngine(target, options) : (target ?? openConfigured(options))
  const watcher = new Watcher(engine, options)
  void watchToTheEnd(watcher, options.signal)
  return watcher
}

/** Whoever aborts the signal need not dispose the watcher. How it ends is told by ready(), events() and the disposal. */
async function watchToTheEnd(watcher: Watcher, signal: AbortSignal | undefined): Promise<void> {
  await watcher.watch({ signal }).catch(() => undefined)
  await watcher[Symbol.asyncDispose]().catch(() => undefined)
}

/** A client for an address. What is behind tcp:// and ssh:// is Docker unless `type` says something else. See {@link watch} for errors. */
export function openEngine(address: string, options: OpenEngineOptions = {}): EngineClient {
  const parsed = parseAddress(address)
  const type = options.type ?? (parsed.kind === 'unix' ? sourceByName(realPath(parsed.path))?.type : DOCKER_TYPE)
  const source = SOURCES.find((one) => one.type === type)
  if (source !== undefined) return source.open(address, options)
  const types = SOURCES.map((one) => one.type).join(', ')
  const where = parsed.kind === 'unix' ? parsed.path : formatAddress(parsed)
  const why = type === undefined ? 'its name does not tell what listens there' : `there is no engine type "${type}"`
  throw new TeuError('ERR_TEU_USAGE', `Cannot watch ${where}: ${why}`, { path: where, remedy: `give \`type\`, one of ${types}` })
}

/** Of options that are for several engines, those that fit an address: TLS is for tcp:// only.
 *  @throws {TeuError} as parseAddress() */
export function fitting<O extends OpenEngineOptions>(address: string, options: O): O {
  return parseAddress(address).kind === 'tcp' ? options : { ...options, tls: undefined }
}

/** A client for the engine that the docker command would talk to: that of `DOCKER_HOST`, or of the current context, or the usual socket.
 *  It is Podman if the name of a socket says so.
 *  @throws {TeuError} as dockerEndpoint() and {@link openEngine} */
export function openConfigured(options: OpenEngineOptions = {}, env?: Environment): EngineClient {
  return configuredEngine(options, env) ?? openEngine(DOCKER_SOCKET, options)
}

/** As {@link openConfigured}, but undefined when nothing is configured. */
export function configuredEngine(options: OpenEngineOptions = {}, env?: Environment): EngineClient | undefined {
  const endpoint = dockerEndpoint(env)
  if (endpoint === undefined) return undefined
  const parsed = parseAddress(endpoint.address)
  // The way it is found without having been named, so that it counts once.
  const address = parsed.kind === 'unix' ? realPath(parsed.path) : endpoint.address
  const type = options.type ?? (parsed.kind === 'unix' ? sourceByName(address)?.type : undefined) ?? DOCKER_TYPE
  const apiVersion = options.apiVersion ?? apiVersionFromEnvironment(env)
  return openEngine(address, { ...options, type, apiVersion, tls: options.tls ?? endpoint.tls ?? false })
}

/** podman-docker makes /run/docker.sock a link to Podman's socket. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
