/** How requests get to an engine's address. */

import { TeuError } from '@teu/spec'
import { ForeignSocket, isForeign } from '../discovery/foreign-socket.ts'
import { type EngineAddress, formatAddress, parseAddress } from './engine-address.ts'
import { SshTunnel } from './ssh-tunnel.ts'
import { readTls, type TlsMaterial, type TlsOptions } from './tls.ts'

/** Where and how, as the functions of node:http and node:https take it. */
export type DialTarget = { readonly socketPath: string } | ({ readonly host: string; readonly port: number } & Partial<TlsMaterial>)

/** Options of {@link openDial}. */
export interface DialOptions {
  /** For tcp://: undefined or false for a connection in the clear. */
  readonly tls?: TlsOptions | false | undefined
  /** For ssh://: `docker`, the default, or `podman`. */
  readonly program?: string | undefined
}

/** A way to an engine. */
export interface Dial extends AsyncDisposable {
  /** The address in its full form. */
  readonly address: string
  /** Path of the socket, for messages; undefined when there is none here. */
  readonly path: string | undefined
  readonly secure: boolean
  /** Most connections that are kept at the same time. */
  readonly connections: number
  /** What the carrier has to say about a failure; empty for nothing. */
  readonly complaint: string
  target(): Promise<DialTarget>
}

const PORT = 2375
const TLS_PORT = 2376
const CONNECTIONS = 8
/** Each is a program here and one there, and sshd takes only so many beginners at a time. */
const SSH_CONNECTIONS = 2

/** A way to an address; nothing is opened before it is used.
 *  @throws {TeuError} as parseAddress(); ERR_TEU_USAGE when TLS is wanted for something else than tcp:// */
export function openDial(address: string, options: DialOptions = {}): Dial {
  const parsed = parseAddress(address)
  const { tls = false, program = 'docker' } = options
  if (tls !== false && parsed.kind !== 'tcp') throw new TeuError('ERR_TEU_USAGE', `Cannot use TLS with ${address}: it is for tcp:// only`)
  if (parsed.kind === 'unix') return isForeign(parsed.path) ? foreignDial(parsed.path) : unixDial(parsed.path)
  if (parsed.kind === 'ssh') return sshDial(parsed, new SshTunnel(parsed, program))
  return tcpDial(parsed.host, parsed.port ?? (tls === false ? PORT : TLS_PORT), tls)
}

const nothing = (): Promise<void> => Promise.resolve()

function unixDial(path: string): Dial {
  const target = Promise.resolve({ socketPath: path })
  return {
    address: `unix://${path}`,
    path,
    secure: false,
    connections: CONNECTIONS,
    complaint: '',
    target: () => target,
    [Symbol.asyncDispose]: nothing,
  }
}

/** A socket in another mount namespace is looked for anew for each request: the engine may have been started again. */
function foreignDial(path: string): Dial {
  const socket = new ForeignSocket(path)
  return {
    ...unixDial(path),
    target: async () => ({ socketPath: await socket.path() }),
    [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
  }
}

function tcpDial(host: string, port: number, tls: TlsOptions | false): Dial {
  return {
    address: formatAddress({ kind: 'tcp', host, port }),
    path: undefined,
    secure: tls !== false,
    connections: CONNECTIONS,
    complaint: '',
    // Certificates are renewed now and then: they are read for each request, which costs little beside it.
    target: async () => ({ host, port, ...(tls === false ? {} : await readTls(tls)) }),
    [Symbol.asyncDispose]: nothing,
  }
}

function sshDial(address: EngineAddress, tunnel: SshTunnel): Dial {
  return {
    address: formatAddress(address),
    path: undefined,
    secure: false,
    connections: SSH_CONNECTIONS,
    get complaint() {
      return tunnel.complaint
    },
    target: async () => ({ socketPath: await tunnel.socket() }),
    [Symbol.asyncDispose]: () => tunnel[Symbol.asyncDispose](),
  }
}
