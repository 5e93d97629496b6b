/** Names that containerd takes, checked before they are sent. @see containerd/identifiers, containerd/labels */

import { TeuError } from '@teu/spec'
import { INIT_PROCESS } from './types.ts'

const MAX_LENGTH = 76
const MAX_LABEL_BYTES = 4096
const FORMAT = /^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/

/** Checks the id of a container or an exec, or the name of a namespace.
 *  @param what  `container ID`, as it stands in the message
 *  @throws {TeuError} ERR_TEU_INVALID_ID */
export function checkIdentifier(what: string, id: unknown): asserts id is string {
  if (typeof id === 'string' && id.length <= MAX_LENGTH && FORMAT.test(id)) return
  throw new TeuError('ERR_TEU_INVALID_ID', `invalid ${what}: ${typeof id === 'string' ? JSON.stringify(id) : typeof id}`, {
    remedy: `Use 1 to ${MAX_LENGTH} letters and digits, in groups that one of ".", "_" and "-" connects`,
  })
}

/** Checks the id of a new exec: neither of the names that the first process has.
 *  @throws {TeuError} ERR_TEU_INVALID_ID */
export function checkExecId(containerId: string, execId: unknown): asserts execId is string {
  checkIdentifier('exec ID', execId)
  if (execId !== INIT_PROCESS && execId !== containerId) return
  throw new TeuError('ERR_TEU_INVALID_ID', `invalid exec ID: ${JSON.stringify(execId)} is the container's first process`, {
    containerId,
  })
}

/** Checks the name of a namespace.
 *  @throws {TeuError} ERR_TEU_INVALID_ID */
export function checkNamespace(namespace: unknown): asserts namespace is string {
  checkIdentifier('namespace', namespace)
  // The daemon keeps a file of this name beside the namespaces in its database.
  if (namespace === 'version') throw new TeuError('ERR_TEU_INVALID_ID', 'invalid namespace: "version" is taken by containerd itself')
}

/** Checks the size of labels.
 *  @throws {TeuError} ERR_TEU_INVALID_ARGUMENT */
export function checkLabels(labels: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(labels)) {
    const bytes = Buffer.byteLength(key) + Buffer.byteLength(value)
    if (bytes <= MAX_LABEL_BYTES) continue
    const message = `Cannot use label ${JSON.stringify(key)}: key and value have ${bytes} bytes, the limit is ${MAX_LABEL_BYTES}`
    throw new TeuError('ERR_TEU_INVALID_ARGUMENT', message)
  }
}

/** Labels by which this client and dockerd know their own containers. */
const OWN_PREFIXES = ['dev.teu/', 'com.docker/']

/** Checks labels that a caller gives a container.
 *  @throws {TeuError} ERR_TEU_INVALID_ARGUMENT for those that only an engine may set, and for long ones */
export function checkCallersLabels(labels: Readonly<Record<string, string>>): void {
  checkLabels(labels)
  const reserved = Object.keys(labels).find((key) => OWN_PREFIXES.some((prefix) => key.startsWith(prefix)))
  if (reserved === undefined) return
  throw new TeuError('ERR_TEU_INVALID_ARGUMENT', `Cannot use label ${JSON.stringify(reserved)}: such labels are the engine's own`, {
    remedy: `Use a prefix other than ${OWN_PREFIXES.join(' and ')}`,
  })
}

/** The exec id that a call carries: empty for the first process. */
export function execIdOf(containerId: string, processId: string): string {
  return processId === INIT_PROCESS || processId === containerId ? '' : processId
}
