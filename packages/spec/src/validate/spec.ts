import type { Spec } from '../types/spec.ts'
import { OCI_VERSION_MINOR } from '../version.ts'
import type { Fields } from './fields.ts'
import { checkHooks } from './hooks.ts'
import { checkLinux } from './linux.ts'
import { checkMounts } from './mounts.ts'
import { checkNamespaces, type NamespaceTable } from './namespaces.ts'
import { checkProcess, withUser } from './process.ts'
import { fitsBytes, nonEmpty, type StringRule } from './rules.ts'

const SEMVER = /^(0|[1-9]\d{0,9})\.(0|[1-9]\d{0,9})\.(0|[1-9]\d{0,9})(?:-[0-9A-Za-z.-]{1,100})?(?:\+[0-9A-Za-z.-]{1,100})?$/

const version: StringRule = (text) => (SEMVER.exec(text)?.[1] === '1' ? undefined : 'a version 1.x.y of the specification')
/** __NEW_UTS_LEN: sethostname(2) and setdomainname(2) take no more. */
const utsName: StringRule = (text) => (fitsBytes(text, 64) ? undefined : 'at most 64 bytes')

/** Checks a whole config. @see runtime-spec config.md */
export function checkSpec(spec: Fields): void {
  spec.require('ociVersion', 'root')
  const ociVersion = spec.string('ociVersion', version)
  if (ociVersion !== undefined && Number(SEMVER.exec(ociVersion)?.[2]) > OCI_VERSION_MINOR) {
    spec.report.warning(spec.at('ociVersion'), `${ociVersion} is newer than 1.${OCI_VERSION_MINOR}, unknown properties are ignored`)
  }
  checkRoot(spec.object('root'))
  const process = spec.object('process')
  const ids = process === undefined ? undefined : checkProcess(process)
  const linux = spec.object('linux')
  const namespaces: NamespaceTable = linux === undefined ? new Map() : checkNamespaces(linux)
  checkUtsName(spec, 'hostname', namespaces)
  checkUtsName(spec, 'domainname', namespaces)
  checkMounts(spec, namespaces)
  checkHooks(spec.object('hooks'))
  spec.stringMap('annotations', nonEmpty)
  if (linux !== undefined) checkLinux(spec, linux, namespaces, ids)
}

/** The config with everything spelled out that an absent property stands for. */
export function withDefaults(spec: Spec): Spec {
  if (!Object.hasOwn(spec, 'process') || spec.process === undefined) return spec
  const process = withUser(spec.process)
  return process === spec.process ? spec : { ...spec, process }
}

function checkRoot(root: Fields | undefined): void {
  if (root === undefined) return
  root.require('path')
  root.string('path', nonEmpty)
  root.boolean('readonly')
}

function checkUtsName(spec: Fields, key: string, namespaces: NamespaceTable): void {
  const name = spec.string(key, utsName)
  if (name && !namespaces.has('uts')) spec.problem(key, 'needs a uts namespace in linux.namespaces, else it would rename the host')
}
