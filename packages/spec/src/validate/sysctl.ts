import type { LinuxNamespaceType } from '../types/linux.ts'
import { sysctlNamespace, sysctlPath } from '../sysctl.ts'
import { checkKey, type Fields } from './fields.ts'
import type { NamespaceTable } from './namespaces.ts'

const NAMES: Partial<Record<LinuxNamespaceType, string>> = { ipc: 'an ipc', network: 'a network', uts: 'a uts', user: 'a user' }

/**
 * Checks `linux.sysctl`: a key that is not of a namespace, or of one that the container shares with the host, would change the host.
 * That a namespace joined by path is not the host's is checked where paths can be looked at.
 * @see runtime-spec config-linux.md "Sysctl"
 */
export function checkSysctls(spec: Fields, linux: Fields, namespaces: NamespaceTable): void {
  const sysctls = linux.object('sysctl')
  if (sysctls === undefined) return
  const seen = new Map<string, string>()
  for (const key of sysctls.keys()) {
    if (!checkKey(sysctls, key, (text) => (sysctlPath(text) === undefined ? 'a sysctl key such as net.core.somaxconn' : undefined)))
      continue
    sysctls.require(key)
    sysctls.string(key)
    const path = sysctlPath(key) as string
    const other = seen.get(path)
    if (other !== undefined) sysctls.problem(key, `the same file as ${other}`)
    seen.set(path, key)
    checkNamespace(sysctls, key, path, namespaces)
    checkNameField(spec, sysctls, key, path)
  }
}

function checkNamespace(sysctls: Fields, key: string, path: string, namespaces: NamespaceTable): void {
  const type = sysctlNamespace(path)
  if (type === undefined) sysctls.problem(key, 'not a sysctl of a namespace, so it would change the host')
  else if (!namespaces.has(type)) sysctls.problem(key, `needs ${NAMES[type]} namespace in linux.namespaces, else it would change the host`)
}

/** `hostname` and `domainname` set the same values; two sources for one value would depend on the order. */
function checkNameField(spec: Fields, sysctls: Fields, key: string, path: string): void {
  for (const field of ['hostname', 'domainname']) {
    if (path === `kernel/${field}` && spec.value(field)) sysctls.problem(key, `contradicts the property ${field}`)
  }
}
