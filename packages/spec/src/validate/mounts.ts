import type { Mount } from '../types/mount.ts'
import { ID_MAP_SHAPE } from './id-maps.ts'
import { nonEmpty } from './rules.ts'
import { type ListShape, type ObjectShape, own, TEXT } from './shape.ts'

const MOUNT: ObjectShape<Mount> = {
  is: 'object',
  required: ['destination'],
  fields: {
    destination: { is: 'text', rule: nonEmpty },
    type: TEXT,
    source: TEXT,
    options: { is: 'list', of: { is: 'text', rule: nonEmpty } },
    uidMappings: ID_MAP_SHAPE,
    gidMappings: ID_MAP_SHAPE,
  },
  check(mount, place, report) {
    if (!mount.destination.startsWith('/')) report.warning({ up: place, key: 'destination' }, 'relative, so it is taken from / on')
    const uids = own(mount, 'uidMappings')?.length ?? 0
    const gids = own(mount, 'gidMappings')?.length ?? 0
    if (uids > 0 === gids > 0) return
    report.problem({ up: place, key: uids > 0 ? 'gidMappings' : 'uidMappings' }, 'required, because the other id map is there')
  },
}

/** `mounts`. What an option word means is for the plan to say. @see runtime-spec config.md "Mounts" */
export const MOUNTS_SHAPE: ListShape<Mount> = { is: 'list', of: MOUNT }

/** Index of the option that asks for an id map which the mount does not bring itself; -1 when there is none. */
export function bareIdmapOption(mount: Mount): number {
  const options = own(mount, 'options')
  if (options === undefined || (own(mount, 'uidMappings')?.length ?? 0) > 0) return -1
  const [one, all] = [options.indexOf('idmap'), options.indexOf('ridmap')]
  return one > all ? one : all
}
