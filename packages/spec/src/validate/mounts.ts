import type { Fields } from './fields.ts'
import { checkIdMap } from './id-maps.ts'
import type { NamespaceTable } from './namespaces.ts'
import { nonEmpty } from './rules.ts'

/** Checks `mounts`. What an option word means is for the plan to say. @see runtime-spec config.md "Mounts" */
export function checkMounts(spec: Fields, namespaces: NamespaceTable): void {
  for (const mount of spec.objects('mounts')) {
    mount.require('destination')
    const destination = mount.string('destination', nonEmpty)
    if (destination !== undefined && !destination.startsWith('/')) {
      mount.report.warning(mount.at('destination'), 'relative, so it is taken from / on')
    }
    mount.string('type')
    mount.string('source')
    const options = mount.strings('options', nonEmpty)
    checkMountIdMap(mount, options ?? [], namespaces)
  }
}

function checkMountIdMap(mount: Fields, options: readonly string[], namespaces: NamespaceTable): void {
  checkIdMap(mount, 'uidMappings')
  checkIdMap(mount, 'gidMappings')
  const hasUids = (mount.list('uidMappings')?.length ?? 0) > 0
  const hasGids = (mount.list('gidMappings')?.length ?? 0) > 0
  if (hasUids !== hasGids) mount.problem(hasUids ? 'gidMappings' : 'uidMappings', 'required, because the other id map is there')
  const idmap = options.findIndex((option) => option === 'idmap' || option === 'ridmap')
  if (idmap !== -1 && !hasUids && !namespaces.has('user')) {
    mount.report.problem({ up: mount.at('options'), key: idmap }, 'needs uidMappings and gidMappings, or a user namespace')
  }
}
