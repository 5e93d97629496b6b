/** Kernel parameters of the container's own namespaces. Pure. */

import type { Step } from '@teu/init'
import { type Spec, sysctlNamespace, sysctlPath } from '@teu/spec'
import { configError, pointerToken } from './config-error.ts'
import type { Namespaces } from './namespaces.ts'
import { SLOT } from './slots.ts'

/** One write for each sysctl, through the private procfs. Every key belongs to a namespace that the container does not share with the
 *  host, also not by a path that leads to the host's own, or it is refused: the value would change the host.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID
 *  @see runtime-spec config-linux.md "Sysctl" */
export function planSysctls(spec: Spec, namespaces: Namespaces): Step[] {
  return Object.entries(spec.linux?.sysctl ?? {}).map(([key, value]) => {
    const pointer = `/linux/sysctl/${pointerToken(key)}`
    const path = sysctlPath(key)
    if (path === undefined) throw configError(pointer, `${JSON.stringify(key)} is not the name of a kernel parameter`)
    const type = sysctlNamespace(path)
    if (type === undefined)
      throw configError(pointer, `sysctl ${JSON.stringify(key)} is not of a namespace: setting it would change the host`)
    if (!namespaces.isPrivate(type)) {
      throw configError(pointer, `sysctl ${JSON.stringify(key)} is not allowed in the host's ${type} namespace`, {
        remedy: `Give the container a ${type} namespace of its own`,
      })
    }
    // One write(2) is one value; a second line would be a second value for some files.
    if (/[\0\n]/.test(value)) throw configError(pointer, 'a value is one line')
    return { op: 'write_file', dir: SLOT.hostProc, path: `sys/${path}`, data: new TextEncoder().encode(value), pointer }
  })
}
