/** The state of a container as `state` and `list` print it. */

import type { ContainerRecord, Status } from '../cli/library.ts'

/** The five words that OCI documents know. */
export function ociStatus(status: Status): string {
  if (status === 'pausing') return 'running'
  return status === 'checkpointed' || status === 'destroyed' ? 'stopped' : status
}

/** The document, keys in the order of runc's. The end of the program follows where somebody recorded it. */
export function stateDocument(record: ContainerRecord): Record<string, unknown> {
  const { annotations, exit, systemdScope, config } = record
  const status = ociStatus(record.status)
  return {
    ociVersion: record.ociVersion,
    id: record.id,
    pid: status === 'stopped' ? 0 : (record.initPid ?? 0),
    status,
    bundle: record.bundle,
    rootfs: config.root?.path,
    created: record.created,
    ...(annotations !== undefined && Object.keys(annotations).length > 0 && { annotations }),
    owner: record.owner,
    ...(systemdScope !== undefined && systemdScope !== '' && { 'systemd-scope': systemdScope }),
    ...(exit !== undefined && { exitCode: exit.status, exitedAt: exit.exitedAt, oomKilled: exit.oomKilled }),
  }
}
