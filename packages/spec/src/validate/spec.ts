import type { Place } from '../place.ts'
import type { Linux } from '../types/linux.ts'
import type { Mount } from '../types/mount.ts'
import type { Root, Spec } from '../types/spec.ts'
import { OCI_VERSION_MINOR } from '../version.ts'
import { HOOKS_SHAPE } from './hooks.ts'
import { isMapped } from './id-maps.ts'
import { LINUX_SHAPE } from './linux.ts'
import { bareIdmapOption, MOUNTS_SHAPE } from './mounts.ts'
import { namespaceKind } from './namespaces.ts'
import { PROCESS_SHAPE, withUser } from './process.ts'
import type { Report } from './report.ts'
import { fitsBytes, nonEmpty } from './rules.ts'
import { BOOLEAN, type ObjectShape, own, TEXT, type TextShape } from './shape.ts'

const SEMVER = /^(0|[1-9]\d{0,9})\.(0|[1-9]\d{0,9})\.(0|[1-9]\d{0,9})(?:-[0-9A-Za-z.-]{1,100})?(?:\+[0-9A-Za-z.-]{1,100})?$/

const ROOT: ObjectShape<Root> = { is: 'object', required: ['path'], fields: { path: { is: 'text', rule: nonEmpty }, readonly: BOOLEAN } }
const UTS_NAME: TextShape = { is: 'text', rule: utsName }

/** A whole config. @see runtime-spec config.md */
export const SPEC_SHAPE: ObjectShape<Spec> = {
  is: 'object',
  required: ['ociVersion', 'root'],
  fields: {
    ociVersion: { is: 'text', rule: version },
    process: PROCESS_SHAPE,
    root: ROOT,
    hostname: UTS_NAME,
    domainname: UTS_NAME,
    mounts: MOUNTS_SHAPE,
    hooks: HOOKS_SHAPE,
    annotations: { is: 'map', key: nonEmpty, of: TEXT },
    linux: LINUX_SHAPE,
  },
  check(spec, _place, report) {
    if (report.wantsWarnings) warnNewer(spec, report)
    const linux = own(spec, 'linux') ?? {}
    if (own(spec, 'hostname') || own(spec, 'domainname')) checkUtsNames(spec, linux, report)
    const user = namespaceKind(own(linux, 'namespaces'), 'user')
    if (user === 'host') refuseIdmapOptions(own(spec, 'mounts') ?? [], report)
    if (user === 'new') checkProcessIds(spec, linux, report)
  },
}

/** The config with everything spelled out that an absent property stands for. */
export function withDefaults(spec: Spec): Spec {
  const process = own(spec, 'process')
  if (process === undefined) return spec
  const complete = withUser(process)
  return complete === process ? spec : { ...spec, process: complete }
}

function version(text: string): string | undefined {
  return SEMVER.exec(text)?.[1] === '1' ? undefined : 'a version 1.x.y of the specification'
}

/** __NEW_UTS_LEN: sethostname(2) and setdomainname(2) take no more. */
function utsName(text: string): string | undefined {
  return fitsBytes(text, 64) ? undefined : 'at most 64 bytes'
}

function warnNewer(spec: Spec, report: Report): void {
  if (Number(SEMVER.exec(spec.ociVersion)?.[2]) <= OCI_VERSION_MINOR) return
  report.warning({ up: undefined, key: 'ociVersion' }, `newer than 1.${OCI_VERSION_MINOR}, so unknown properties are ignored`)
}

/** A name for the host's uts namespace would rename the host; two sources for one name would depend on the order. */
function checkUtsNames(spec: Spec, linux: Linux, report: Report): void {
  const sysctls = own(linux, 'sysctl')
  const isHost = namespaceKind(own(linux, 'namespaces'), 'uts') === 'host'
  for (const key of ['hostname', 'domainname'] as const) {
    if (!own(spec, key)) continue
    const place: Place = { up: undefined, key }
    if (isHost) report.problem(place, 'needs a uts namespace in linux.namespaces, else it would rename the host')
    if (sysctls === undefined) continue
    if (Object.hasOwn(sysctls, `kernel.${key}`) || Object.hasOwn(sysctls, `kernel/${key}`)) {
      report.problem(place, `contradicts linux.sysctl, which sets kernel.${key} too`)
    }
  }
}

function refuseIdmapOptions(mounts: readonly Mount[], report: Report): void {
  for (let index = 0; index < mounts.length; index += 1) {
    const option = bareIdmapOption(mounts[index] as Mount)
    if (option === -1) continue
    const options: Place = { up: { up: { up: undefined, key: 'mounts' }, key: index }, key: 'options' }
    report.problem({ up: options, key: option }, 'needs uidMappings and gidMappings, or a user namespace')
  }
}

/** The kernel refuses to run a process as an id that is not in the maps of its user namespace. */
function checkProcessIds(spec: Spec, linux: Linux, report: Report): void {
  const process = own(spec, 'process')
  if (process === undefined) return
  const user = own(process, 'user') ?? { uid: 0, gid: 0 }
  const place: Place = { up: { up: undefined, key: 'process' }, key: 'user' }
  const check = (map: 'uidMappings' | 'gidMappings', id: number, at: Place) => {
    const lines = own(linux, map) ?? []
    if (lines.length > 0 && !isMapped(lines, id)) report.problem(at, `${id} is not in linux.${map}`)
  }
  check('uidMappings', user.uid, { up: place, key: 'uid' })
  check('gidMappings', user.gid, { up: place, key: 'gid' })
  const groups = own(user, 'additionalGids') ?? []
  for (let key = 0; key < groups.length; key += 1)
    check('gidMappings', groups[key] as number, { up: { up: place, key: 'additionalGids' }, key })
}
