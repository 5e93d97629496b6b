import type { Place } from '../place.ts'
import { sysctlNamespace, sysctlPath } from '../sysctl.ts'
import type { Linux } from '../types/linux.ts'
import { namespaceKind } from './namespaces.ts'
import type { Report } from './report.ts'
import { type MapShape, own, TEXT } from './shape.ts'

const A_NAMESPACE = { ipc: 'an ipc', network: 'a network', uts: 'a uts', user: 'a user' } as const

/** `linux.sysctl`. @see runtime-spec config-linux.md "Sysctl" */
export const SYSCTL_SHAPE: MapShape<string> = { is: 'map', key: sysctlKey, of: TEXT, check: refuseSameFiles }

/**
 * Refuses parameters that are not of a namespace, or of one that the container shares with the host: they would change the host.
 * That a namespace joined by path is not the host's is checked where paths can be looked at.
 */
export function checkSysctlNamespaces(linux: Linux, up: Place, report: Report): void {
  for (const key of Object.keys(own(linux, 'sysctl') ?? {})) {
    const place: Place = { up: { up, key: 'sysctl' }, key }
    const type = sysctlNamespace(sysctlPath(key) ?? '')
    if (type === undefined) report.problem(place, 'not a sysctl of a namespace, so it would change the host')
    else if (namespaceKind(own(linux, 'namespaces'), type) === 'host') {
      report.problem(place, `needs ${A_NAMESPACE[type]} namespace in linux.namespaces, else it would change the host`)
    }
  }
}

function sysctlKey(text: string): string | undefined {
  return sysctlPath(text) === undefined ? 'a sysctl key such as net.core.somaxconn' : undefined
}

/** A key may be written with dots or with slashes; with both the value would depend on the order. */
function refuseSameFiles(sysctls: Readonly<Record<string, string>>, place: Place, report: Report): void {
  const keys = new Map<string, string>()
  for (const key of Object.keys(sysctls)) {
    const path = sysctlPath(key) ?? ''
    const other = keys.get(path)
    if (other !== undefined) report.problem({ up: place, key }, `the same file as ${other}`)
    keys.set(path, key)
  }
}
