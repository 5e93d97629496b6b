import type { Place } from '../place.ts'
import type { Linux, LinuxPersonality, LinuxTimeOffset } from '../types/linux.ts'
import { DEVICES_SHAPE, NET_DEVICES_SHAPE } from './devices.ts'
import { ID_MAP_SHAPE } from './id-maps.ts'
import { INTEL_RDT_SHAPE } from './intel-rdt.ts'
import { limitsOnlySwap } from './memory.ts'
import { MEMORY_POLICY_SHAPE } from './memory-policy.ts'
import { NAMESPACES_SHAPE, namespaceKind } from './namespaces.ts'
import type { Report } from './report.ts'
import { RESOURCES_SHAPE } from './resources.ts'
import { absolutePath, fitsBytes, holdsControlCharacter } from './rules.ts'
import { SECCOMP_SHAPE } from './seccomp.ts'
import { INT64, type ListShape, type MapShape, type ObjectShape, own, TEXT } from './shape.ts'
import { checkSysctlNamespaces, SYSCTL_SHAPE } from './sysctl.ts'

const PROPAGATIONS = ['', 'shared', 'slave', 'private', 'unbindable', 'rshared', 'rslave', 'rprivate', 'runbindable']
const PATHS: ListShape<string> = { is: 'list', of: { is: 'text', rule: absolutePath } }

const TIME_OFFSET: ObjectShape<LinuxTimeOffset> = {
  is: 'object',
  fields: { secs: INT64, nanosecs: { is: 'integer', min: 0, max: 999_999_999 } },
}
const TIME_OFFSETS: MapShape<LinuxTimeOffset> = { is: 'map', key: clock, of: TIME_OFFSET }

const PERSONALITY: ObjectShape<LinuxPersonality> = {
  is: 'object',
  required: ['domain'],
  fields: { domain: { is: 'word', of: ['LINUX', 'LINUX32'] }, flags: { is: 'list', of: TEXT, check: refuseFlags } },
}

/** `linux`. @see runtime-spec config-linux.md */
export const LINUX_SHAPE: ObjectShape<Linux> = {
  is: 'object',
  fields: {
    namespaces: NAMESPACES_SHAPE,
    uidMappings: ID_MAP_SHAPE,
    gidMappings: ID_MAP_SHAPE,
    timeOffsets: TIME_OFFSETS,
    devices: DEVICES_SHAPE,
    netDevices: NET_DEVICES_SHAPE,
    cgroupsPath: { is: 'text', rule: cgroupsPath },
    resources: RESOURCES_SHAPE,
    intelRdt: INTEL_RDT_SHAPE,
    memoryPolicy: MEMORY_POLICY_SHAPE,
    sysctl: SYSCTL_SHAPE,
    seccomp: SECCOMP_SHAPE,
    rootfsPropagation: { is: 'word', of: PROPAGATIONS },
    maskedPaths: PATHS,
    readonlyPaths: PATHS,
    mountLabel: TEXT,
    personality: PERSONALITY,
  },
  check(linux, place, report) {
    checkNamespaceNeeds(linux, place, report)
    if (own(linux, 'sysctl') !== undefined && place !== undefined) checkSysctlNamespaces(linux, place, report)
    const memory = own(own(linux, 'resources') ?? {}, 'memory')
    if (memory !== undefined && limitsOnlySwap(memory)) {
      report.problem({ up: { up: { up: place, key: 'resources' }, key: 'memory' }, key: 'swap' }, 'needs a memory limit too')
    }
  },
}

/** Settings of a namespace make sense only when the container has one that is not the host's. */
function checkNamespaceNeeds(linux: Linux, place: Place | undefined, report: Report): void {
  const namespaces = own(linux, 'namespaces')
  const user = namespaceKind(namespaces, 'user')
  for (const key of ['uidMappings', 'gidMappings'] as const) {
    const count = own(linux, key)?.length ?? 0
    if (user === 'host' && count > 0) report.problem({ up: place, key }, 'needs a user namespace in linux.namespaces')
    if (user === 'new' && count === 0)
      report.problem({ up: place, key }, 'required, because linux.namespaces asks for a new user namespace')
  }
  const offsets = own(linux, 'timeOffsets')
  if (offsets !== undefined && namespaceKind(namespaces, 'time') !== 'new' && isFilled(offsets)) {
    report.problem({ up: place, key: 'timeOffsets' }, 'needs a new time namespace in linux.namespaces')
  }
  const devices = own(linux, 'netDevices')
  if (devices !== undefined && namespaceKind(namespaces, 'network') === 'host' && isFilled(devices)) {
    report.problem({ up: place, key: 'netDevices' }, 'needs a network namespace in linux.namespaces')
  }
}

function isFilled(map: object): boolean {
  return Object.keys(map).length > 0
}

/** A path in the cgroup tree, or `slice:prefix:name`; either way a place that nothing in it can lead out of. */
function cgroupsPath(text: string): string | undefined {
  if (holdsControlCharacter(text)) return 'a path without control characters'
  for (const component of text.split('/')) {
    if (component === '..') return 'a path without ".."'
    if (!fitsBytes(component, 255)) return 'a path whose components have at most 255 bytes'
  }
  return undefined
}

function clock(text: string): string | undefined {
  return text === 'monotonic' || text === 'boottime' ? undefined : 'the clock monotonic or boottime'
}

function refuseFlags(flags: readonly unknown[], place: Place, report: Report): void {
  if (flags.length > 0) report.problem(place, 'expected an empty array, because no flag is defined')
}
