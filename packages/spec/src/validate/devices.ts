import { checkKey, type Fields, ID_MAX, UINT32_MAX } from './fields.ts'
import { absolutePath, emptyOr, interfaceName } from './rules.ts'

/** Device numbers have 12 and 20 bits; larger ones would be cut. */
export const MAJOR_MAX = 4095
export const MINOR_MAX = 1048575

/** Checks `linux.devices`. @see runtime-spec config-linux.md "Devices"; mknod(2) */
export function checkDevices(linux: Fields): void {
  for (const device of linux.objects('devices')) {
    device.require('path', 'type')
    device.string('path', absolutePath)
    const type = device.word('type', ['c', 'b', 'u', 'p'])
    if (type !== 'p' && type !== undefined) device.require('major', 'minor')
    device.integer('major', 0, MAJOR_MAX)
    device.integer('minor', 0, MINOR_MAX)
    device.integer('fileMode', 0, UINT32_MAX)
    device.integer('uid', 0, ID_MAX)
    device.integer('gid', 0, ID_MAX)
  }
}

/** Checks `linux.netDevices`; no two devices may get the same name. @see runtime-spec config-linux.md "Network Devices" */
export function checkNetDevices(linux: Fields, hasNetworkNamespace: boolean): void {
  const devices = linux.object('netDevices')
  if (devices === undefined) return
  const hostNames = devices.keys()
  if (hostNames.length > 0 && !hasNetworkNamespace) linux.problem('netDevices', 'needs a network namespace in linux.namespaces')
  const names = new Set<string>()
  for (const hostName of hostNames) {
    if (!checkKey(devices, hostName, interfaceName)) continue
    devices.require(hostName)
    const device = devices.object(hostName)
    const name = device?.string('name', emptyOr(interfaceName)) || hostName
    if (names.has(name)) devices.problem(hostName, `another device gets the name ${name}`)
    names.add(name)
  }
}
