/** Where an engine listens, in the ways in which Docker's tools write it. */

import { TeuError } from '@teu/spec'

/** A Unix socket. */
export interface UnixAddress {
  readonly kind: 'unix'
  readonly path: string
}

/** A port, in the clear or with TLS. */
export interface TcpAddress {
  readonly kind: 'tcp'
  readonly host: string
  /** Undefined: Docker's own, which depends on TLS. */
  readonly port: number | undefined
}

/** An engine of another machine, by way of ssh(1). */
export interface SshAddress {
  readonly kind: 'ssh'
  readonly user: string | undefined
  readonly host: string
  readonly port: number | undefined
  /** Socket there; undefined for what the other machine's own tools use. */
  readonly path: string | undefined
}

export type EngineAddress = UnixAddress | TcpAddress | SshAddress

/** Parts of an address reach command lines here and there, and ssh's own configuration may hand them to a shell. */
const SAFE_HOST = /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9_.-]+)?\])$/
const SAFE_USER = /^[A-Za-z0-9_][A-Za-z0-9_.@+-]*$/
const SAFE_PATH = /^\/[A-Za-z0-9_./@:+-]*$/
const LAST_PORT = 65_535

/** `/path`, `unix:///path`, `tcp://host:port`, `ssh://user@host:port/path`.
 *  @throws {TeuError} ERR_TEU_UNSUPPORTED for other kinds, ERR_TEU_USAGE for those kinds in another form */
export function parseAddress(text: string): EngineAddress {
  if (text.startsWith('/')) return { kind: 'unix', path: text }
  const [, scheme = '', rest = ''] = /^([a-z]+):\/\/(.*)$/s.exec(text) ?? []
  if (scheme === 'unix' && rest.startsWith('/')) return { kind: 'unix', path: rest }
  if (scheme !== 'tcp' && scheme !== 'ssh') {
    throw new TeuError('ERR_TEU_UNSUPPORTED', `Cannot use the address "${text}": it is none of unix:///path, tcp://host:port, ssh://host`)
  }
  const [, user, host = '', portText, path = ''] = /^(?:([^/]*)@)?(\[[^\]]*\]|[^:/@]*)(?::([^/]*))?(\/.*)?$/s.exec(rest) ?? []
  const port = portText === undefined ? undefined : Number(portText)
  if (!SAFE_HOST.test(host)) throw malformed(text, `"${host}" is no host`)
  if (port !== undefined && !(/^\d+$/.test(portText ?? '') && port > 0 && port <= LAST_PORT))
    throw malformed(text, `"${portText}" is no port`)
  if (scheme === 'tcp') {
    if (user !== undefined || !/^\/?$/.test(path)) throw malformed(text, 'tcp:// takes host and port only')
    return { kind: 'tcp', host: unbracketed(host), port }
  }
  if (user !== undefined && !SAFE_USER.test(user)) throw malformed(text, `"${user}" is no user, and passwords are not taken`)
  if (path !== '' && !SAFE_PATH.test(path)) throw malformed(text, `"${path}" is no path of a socket`)
  return { kind: 'ssh', user, host: unbracketed(host), port, path: /^\/?$/.test(path) ? undefined : path }
}

/** The path of a Unix socket.
 *  @param address  `unix:///path`, or the path itself
 *  @throws {TeuError} ERR_TEU_UNSUPPORTED for other addresses */
export function socketPath(address: string): string {
  const parsed = /^(?:\/|unix:\/\/\/)/.test(address) ? parseAddress(address) : undefined
  if (parsed?.kind === 'unix') return parsed.path
  throw new TeuError('ERR_TEU_UNSUPPORTED', `Cannot use the address "${address}": this needs a Unix socket, as in unix:///run/docker.sock`)
}

/** The way back. */
export function formatAddress(address: EngineAddress): string {
  if (address.kind === 'unix') return `unix://${address.path}`
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  const port = address.port === undefined ? '' : `:${address.port}`
  if (address.kind === 'tcp') return `tcp://${host}${port}`
  return `ssh://${address.user === undefined ? '' : `${address.user}@`}${host}${port}${address.path ?? ''}`
}

const unbracketed = (host: string): string => host.replace(/^\[(.*)\]$/, '$1')

const malformed = (text: string, why: string): TeuError => new TeuError('ERR_TEU_USAGE', `Cannot use the address "${text}": ${why}`)
