import type { LinuxNamespace, LinuxNamespaceType } from '../types/linux.ts'
import type { Fields } from './fields.ts'
import { absolutePath } from './rules.ts'

const TYPES: readonly LinuxNamespaceType[] = ['pid', 'network', 'mount', 'ipc', 'uts', 'user', 'cgroup', 'time']

/** What a config says about each namespace that it lists. A type that is missing is shared with the host. */
export type NamespaceTable = ReadonlyMap<LinuxNamespaceType, LinuxNamespace>

/** Checks `linux.namespaces`. @see runtime-spec config-linux.md "Namespaces" */
export function checkNamespaces(linux: Fields): NamespaceTable {
  const table = new Map<LinuxNamespaceType, LinuxNamespace>()
  for (const namespace of linux.objects('namespaces')) {
    namespace.require('type')
    const type = namespace.word('type', TYPES)
    const path = namespace.string('path', absolutePath)
    if (type === undefined) continue
    if (table.has(type)) namespace.problem('type', `${type} is there twice`)
    table.set(type, { type, path })
  }
  return table
}
