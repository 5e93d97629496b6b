/** Steps that make device rules hold. Pure. */

import { NO_SLOT, type Step } from '@teu/init'
import { type Spec, TeuError } from '@teu/spec'
import { compileDeviceProgram } from '../devices/compile.ts'
import { readRules } from '../devices/rule-list.ts'
import { deviceRulesFor } from '../devices/rules-for.ts'
import { v1DeviceWrites } from '../devices/v1-writes.ts'
import type { HostFacts } from '../host-facts.ts'
import { ownHierarchies } from './guard.ts'
import type { CgroupLocation } from './locate.ts'

const POINTER = '/linux/resources/devices'

/** Plans the device rules of a container: lines for the v1 controller where that is mounted, else a program on the v2 cgroup. Without any
 *  rules in the config, only the standard devices may be used.
 *
 *  There are none for ordinary users: they cannot make device nodes, and see those of the host with their own rights only. A caller who has
 *  disabled cgroups does without as well.
 *  @throws {TeuError} ERR_TEU_UNSUPPORTED when nothing on this host can hold the rules */
export function planDeviceRules(spec: Spec, location: CgroupLocation, host: Pick<HostFacts, 'rootless'>): Step[] {
  if (host.rootless || location.manager === 'disabled') return []
  const rules = deviceRulesFor(spec)
  const { allowByDefault, rules: exceptions } = readRules(rules)
  // A new cgroup may use what its parent may: there is nothing to add.
  if (allowByDefault && exceptions.length === 0) return []
  const hierarchies = ownHierarchies(location)
  const v1 = hierarchies.find(({ version, controllers }) => version === 1 && controllers.includes('devices'))
  if (v1) {
    return v1DeviceWrites(rules).map(({ file, value }) => ({
      op: 'write_file',
      dir: NO_SLOT,
      path: `${v1.path}/${file}`,
      data: new TextEncoder().encode(value),
      pointer: POINTER,
    }))
  }
  const v2 = hierarchies.find(({ version }) => version === 2)
  if (v2) return [{ op: 'device_filter', path: v2.path, program: compileDeviceProgram(rules), pointer: POINTER }]
  throw new TeuError('ERR_TEU_UNSUPPORTED', 'Cannot restrict devices: this host has neither cgroup v2 nor the v1 controller "devices"', {
    pointer: POINTER,
    remedy: 'Mount a cgroup file system, or disable cgroups explicitly (cgroup manager "disabled")',
  })
}
