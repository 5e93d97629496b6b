/** Intel RDT: the container's class of service in resctrl. Pure. */

import { posix } from 'node:path'
import { NO_SLOT, type Step } from '@teu/init'
import type { Spec } from '@teu/spec'

/** Where the kernel documentation mounts resctrl. */
const RESCTRL = '/sys/fs/resctrl'

/** Steps for the class of service. A class that the config names may be shared and stays; one named after the container goes with it. */
export interface IntelRdtSteps {
  /** Parent, before the process joins. */
  readonly setup: readonly Step[]
  readonly join: readonly Step[]
  readonly after: readonly Step[]
}

/** Plans the class of service and, where asked for, the monitoring group.
 *  @see runtime-spec config-linux.md "IntelRdt"; Documentation/arch/x86/resctrl.rst */
export function planIntelRdt(spec: Spec, id: string): IntelRdtSteps {
  const rdt = spec.linux?.intelRdt
  if (rdt === undefined) return { setup: [], join: [], after: [] }
  const pointer = '/linux/intelRdt'
  const isOwn = rdt.closID === undefined || rdt.closID === ''
  const directory = posix.join(RESCTRL, isOwn ? id : (rdt.closID as string))
  const setup: Step[] =
    directory === RESCTRL || directory === `${RESCTRL}/` ? [] : [{ op: 'mkdir_all', path: directory, mode: 0o755, pointer }]
  const lines = [rdt.l3CacheSchema, rdt.memBwSchema, ...(rdt.schemata ?? [])].filter((line) => line !== undefined && line !== '')
  if (lines.length > 0) {
    const data = new TextEncoder().encode(`${lines.join('\n')}\n`)
    setup.push({ op: 'write_file', dir: NO_SLOT, path: posix.join(directory, 'schemata'), data, pointer })
  }
  const join: Step[] = [{ op: 'write_child_pid', path: posix.join(directory, 'tasks'), pointer }]
  const after: Step[] = []
  if (rdt.enableMonitoring === true || rdt.enableCMT === true || rdt.enableMBM === true) {
    const group = posix.join(directory, 'mon_groups', id)
    setup.push({ op: 'mkdir_all', path: group, mode: 0o755, pointer })
    join.push({ op: 'write_child_pid', path: `${group}/tasks`, pointer })
    after.push({ op: 'rmdir', path: group })
  }
  if (isOwn) after.push({ op: 'rmdir', path: directory })
  return { setup, join, after }
}
