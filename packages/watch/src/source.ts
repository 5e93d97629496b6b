/** A kind of engine: how its sockets are recognised, and how they are opened. Whatever else is special is behind {@link EngineClient}. */

import type { NamespaceOptions } from './containerd/namespace-rules.ts'
import type { Cancellable, EngineClient } from './engine-client.ts'
import type { TlsOptions } from './address/tls.ts'
import type { EngineOptions } from './engine-options.ts'

/** Options of {@link Source.open}; each engine takes what it knows. */
export interface OpenOptions extends EngineOptions, NamespaceOptions {
  /** For tcp://. Default: as `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH` say; false for a connection in the clear. */
  readonly tls?: TlsOptions | false | undefined
  /** Version of Docker's API, such as `1.41`, instead of the newest in common. Default: `DOCKER_API_VERSION`. */
  readonly apiVersion?: string | undefined
}

/** One kind of engine. */
export interface Source {
  /** As in {@link EngineClient.type}. */
  readonly type: string
  /** Where it listens by default. Without symbolic links: /run, not /var/run. */
  readonly sockets: readonly string[]
  /** Where it listens for an ordinary user, below /run/user/UID. */
  readonly userSockets: readonly string[]
  /** File names by which a socket anywhere is recognised. */
  readonly socketName: RegExp
  /** File names of sockets on which its processes listen for others than clients; they are not asked. */
  readonly otherSockets?: RegExp | undefined
  /** Names of its processes, as in /proc/PID/comm. */
  readonly processes: readonly string[]
  /** A client; it connects when it is needed. */
  open(address: string, options?: OpenOptions): EngineClient
  /** Does such an engine answer there? For sockets whose name says nothing. Never fails. */
  answers(address: string, options?: Cancellable): Promise<boolean>
}
