/** What device rules mean, written down as plainly as possible, and what the kernel makes of cgroup v1 lines. */

import type { LinuxDeviceCgroup } from '@teu/spec'
import type { DeviceWrite } from '../../src/devices/v1-writes.ts'
import type { DeviceRequest } from './ebpf-machine.ts'

/** For each letter the last rule that matches decides; without one the answer is no. */
export function modelAllows(rules: readonly LinuxDeviceCgroup[], request: DeviceRequest): boolean {
  return request.access.split('').every((letter) => rules.findLast((rule) => matches(rule, request, letter))?.allow === true)
}

function matches({ type, major = -1, minor = -1, access }: LinuxDeviceCgroup, request: DeviceRequest, letter: string): boolean {
  return (
    ((type || 'a') === 'a' || type === request.kind) &&
    (major === -1 || major === request.major) &&
    (minor === -1 || minor === request.minor) &&
    (access || 'rwm').includes(letter)
  )
}

interface Exception {
  readonly kind: string
  readonly major: string
  readonly minor: string
  letters: Set<string>
}

/** A v1 device cgroup as Documentation/admin-guide/cgroup-v1/devices.rst and security/device_cgroup.c describe it: a default, and
 *  exceptions that are added and removed by exact number. */
export class V1DeviceCgroup {
  #allowByDefault = true
  #exceptions: Exception[] = []

  write({ file, value }: DeviceWrite): void {
    const allow = file === 'devices.allow'
    if (value.startsWith('a')) {
      this.#allowByDefault = allow
      this.#exceptions = []
      return
    }
    const match = /^([bc]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(value)
    if (match === null) throw new Error(`EINVAL: ${value}`)
    const [, kind, major, minor, access] = match as unknown as [string, string, string, string, string]
    const known = this.#exceptions.find((one) => one.kind === kind && one.major === major && one.minor === minor)
    if (allow === this.#allowByDefault) {
      for (const letter of access) known?.letters.delete(letter)
    } else if (known === undefined) {
      this.#exceptions.push({ kind, major, minor, letters: new Set(access) })
    } else {
      for (const letter of access) known.letters.add(letter)
    }
  }

  allows({ kind, major, minor, access }: DeviceRequest): boolean {
    const here = this.#exceptions.filter(
      (one) =>
        one.kind === kind && (one.major === '*' || one.major === String(major)) && (one.minor === '*' || one.minor === String(minor)),
    )
    if (this.#allowByDefault) return !here.some(({ letters }) => access.split('').some((letter) => letters.has(letter)))
    return here.some(({ letters }) => access.split('').every((letter) => letters.has(letter)))
  }
}
