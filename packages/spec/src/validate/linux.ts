import type { Place } from '../place.ts'
import type { LinuxIDMapping } from '../types/mount.ts'
import { checkDevices, checkNetDevices } from './devices.ts'
import { checkKey, type Fields, INT64_MAX, INT64_MIN } from './fields.ts'
import { checkIdMap, isMapped } from './id-maps.ts'
import { checkIntelRdt } from './intel-rdt.ts'
import { checkMemoryPolicy } from './memory-policy.ts'
import type { NamespaceTable } from './namespaces.ts'
import type { ProcessIds } from './process.ts'
import { checkResources } from './resources.ts'
import { absolutePath, fitsBytes, oneOf, type StringRule } from './rules.ts'
import { checkSeccomp } from './seccomp.ts'
import { checkSysctls } from './sysctl.ts'

const PROPAGATIONS = ['', 'shared', 'slave', 'private', 'unbindable', 'rshared', 'rslave', 'rprivate', 'runbindable'] as const
const CLOCKS: readonly string[] = ['monotonic', 'boottime']

/** A path in the cgroup tree, or `slice:prefix:name`; either way a place that nothing in it can lead out of. */
const cgroupsPath: StringRule = (text) => {
  if (/\p{Cc}/u.test(text)) return 'a path without control characters'
  const parts = text.split('/')
  if (parts.includes('..')) return 'a path without ".."'
  return parts.every((part) => fitsBytes(part, 255)) ? undefined : 'a path whose components have at most 255 bytes'
}

/** Checks `linux` and what the rest of the config says about it. @see runtime-spec config-linux.md */
export function checkLinux(spec: Fields, linux: Fields, namespaces: NamespaceTable, ids: ProcessIds | undefined): void {
  checkUserNamespace(spec, linux, namespaces, ids)
  checkTimeOffsets(linux, namespaces)
  checkDevices(linux)
  checkNetDevices(linux, namespaces.has('network'))
  checkSysctls(spec, linux, namespaces)
  linux.string('cgroupsPath', cgroupsPath)
  const resources = linux.object('resources')
  if (resources !== undefined) checkResources(resources, false)
  checkSeccomp(linux.object('seccomp'))
  linux.word('rootfsPropagation', PROPAGATIONS)
  linux.strings('maskedPaths', absolutePath)
  linux.strings('readonlyPaths', absolutePath)
  linux.string('mountLabel')
  checkIntelRdt(linux.object('intelRdt'))
  checkMemoryPolicy(linux.object('memoryPolicy'))
  checkPersonality(linux.object('personality'))
}

/** Maps and user namespace belong together; the process's own ids must be in the maps, else the kernel refuses them. */
function checkUserNamespace(spec: Fields, linux: Fields, namespaces: NamespaceTable, ids: ProcessIds | undefined): void {
  const user = namespaces.get('user')
  const isNew = user !== undefined && user.path === undefined
  for (const key of ['uidMappings', 'gidMappings'] as const) {
    const count = linux.list(key)?.length ?? 0
    const map = checkIdMap(linux, key)
    if (count > 0 && user === undefined) linux.problem(key, 'needs a user namespace in linux.namespaces')
    if (count === 0 && isNew && !linux.has(key)) linux.problem(key, 'required, because linux.namespaces asks for a new user namespace')
    else if (count === 0 && isNew && map !== undefined) linux.problem(key, 'expected at least one entry, got an empty array')
    if (isNew && map !== undefined && map.length > 0 && ids !== undefined) checkProcessIds(spec, key, map, ids)
  }
}

function checkProcessIds(spec: Fields, key: 'uidMappings' | 'gidMappings', map: readonly LinuxIDMapping[], ids: ProcessIds): void {
  const check = (id: number, up: Place, name: string | number) => {
    if (!isMapped(map, id)) spec.report.problem({ up, key: name }, `${id} is not in linux.${key}`)
  }
  if (key === 'uidMappings') return check(ids.uid, ids.place, 'uid')
  check(ids.gid, ids.place, 'gid')
  for (const [index, gid] of ids.additionalGids.entries()) check(gid, { up: ids.place, key: 'additionalGids' }, index)
}

function checkTimeOffsets(linux: Fields, namespaces: NamespaceTable): void {
  const offsets = linux.object('timeOffsets')
  const clocks = offsets?.keys() ?? []
  if (offsets === undefined || clocks.length === 0) return
  const time = namespaces.get('time')
  if (time === undefined) linux.problem('timeOffsets', 'needs a time namespace in linux.namespaces')
  else if (time.path !== undefined) linux.problem('timeOffsets', 'the time namespace is joined by path, its offsets are final')
  for (const clock of clocks) {
    if (!checkKey(offsets, clock, oneOf(CLOCKS))) continue
    const offset = offsets.object(clock)
    offset?.integer('secs', INT64_MIN, INT64_MAX)
    offset?.integer('nanosecs', 0, 999999999)
  }
}

function checkPersonality(personality: Fields | undefined): void {
  if (personality === undefined) return
  personality.require('domain')
  personality.word('domain', ['LINUX', 'LINUX32'])
  const flags = personality.strings('flags')
  if (flags !== undefined && flags.length > 0) personality.expected('flags', 'an empty array, because no flag is defined')
}
