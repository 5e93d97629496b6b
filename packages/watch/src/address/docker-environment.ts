/** Which engine the docker command would talk to: `DOCKER_HOST` and its companions, or the current context. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TeuError } from '@teu/spec'
import type { TlsOptions } from './tls.ts'

/** An engine that the user has chosen. */
export interface DockerEndpoint {
  /** As in `DOCKER_HOST`. */
  readonly address: string
  /** Undefined for none. */
  readonly tls: TlsOptions | undefined
  /** What has been chosen: `DOCKER_HOST`, or `context "name"`. */
  readonly source: string
}

/** Variables by their names, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The endpoint that `DOCKER_HOST`, `DOCKER_CONTEXT` or the current context names, in this order, like the docker command does it.
 *  @returns  undefined when nothing is named, and the usual socket is meant
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID when docker's files are not what they should be, ERR_TEU_NOT_FOUND for an unknown context */
export function dockerEndpoint(env: Environment = process.env): DockerEndpoint | undefined {
  const host = given(env, 'DOCKER_HOST')
  if (host !== undefined) return { address: host, tls: tlsFor(host, env), source: 'DOCKER_HOST' }
  const directory = configDirectory(env)
  if (directory === undefined) return undefined
  const name = given(env, 'DOCKER_CONTEXT') ?? currentContext(directory)
  return name === undefined || name === 'default' ? undefined : readContext(directory, name)
}

/** TLS, as `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH` want it; either of them is enough, and the certificate is checked in any case. */
export function tlsFromEnvironment(env: Environment = process.env): TlsOptions | undefined {
  const directory = given(env, 'DOCKER_CERT_PATH')
  if (directory === undefined && given(env, 'DOCKER_TLS_VERIFY') === undefined) return undefined
  return { directory: directory ?? configDirectory(env) }
}

/** What an address needs of that: only tcp:// has TLS. */
export function tlsFor(address: string, env?: Environment): TlsOptions | undefined {
  return address.startsWith('tcp://') ? tlsFromEnvironment(env) : undefined
}

/** `DOCKER_API_VERSION`, without a leading v. */
export function apiVersionFromEnvironment(env: Environment = process.env): string | undefined {
  return given(env, 'DOCKER_API_VERSION')?.replace(/^v/, '')
}

function given(env: Environment, name: string): string | undefined {
  const value = env[name]
  return value === '' ? undefined : value
}

function configDirectory(env: Environment): string | undefined {
  const home = given(env, 'HOME')
  return given(env, 'DOCKER_CONFIG') ?? (home === undefined ? undefined : join(home, '.docker'))
}

function currentContext(directory: string): string | undefined {
  const config = readJson(join(directory, 'config.json'))
  const name = config?.['currentContext']
  return typeof name === 'string' && name !== '' ? name : undefined
}

function readContext(directory: string, name: string): DockerEndpoint {
  const id = createHash('sha256').update(name).digest('hex')
  const path = join(directory, 'contexts/meta', id, 'meta.json')
  const meta = readJson(path)
  if (meta === undefined) throw new TeuError('ERR_TEU_NOT_FOUND', `There is no docker context "${name}"`, { path })
  const { Host: address, SkipTLSVerify: skipVerify } = endpointOf(meta)
  if (typeof address !== 'string' || address === '') {
    throw new TeuError('ERR_TEU_CONFIG_INVALID', `The docker context "${name}" has no endpoint for docker`, { path })
  }
  const tlsDirectory = join(directory, 'contexts/tls', id, 'docker')
  const hasTls = ['ca.pem', 'cert.pem', 'key.pem'].some((file) => readText(join(tlsDirectory, file)) !== undefined)
  const isTls = address.startsWith('tcp://') && (hasTls || skipVerify === true)
  const tls = isTls ? { directory: tlsDirectory, skipVerify: skipVerify === true } : undefined
  return { address, tls, source: `context "${name}"` }
}

function endpointOf(meta: Readonly<Record<string, unknown>>): { readonly Host?: unknown; readonly SkipTLSVerify?: unknown } {
  const { Endpoints: endpoints } = meta as { Endpoints?: { docker?: { Host?: unknown; SkipTLSVerify?: unknown } | null } | null }
  return endpoints?.docker ?? {}
}

function readJson(path: string): Readonly<Record<string, unknown>> | undefined {
  const text = readText(path)
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw new TeuError('ERR_TEU_CONFIG_INVALID', `${path} is no JSON object`, { path })
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const { code: errno } = cause as NodeJS.ErrnoException
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined
    throw new TeuError('ERR_TEU_SYSTEM', `Cannot read ${path}`, { syscall: 'open', errno, path, cause })
  }
}
