import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DEFAULT_CAPABILITIES, DEFAULT_MASKED_PATHS, DEFAULT_READONLY_PATHS, defaultSpec } from './default-spec.ts'
import type { Spec } from './types/spec.ts'
import { parseSpec, validateSpec } from './validate.ts'

const runc = (() => {
  try {
    return execFileSync('runc', ['--version'], { encoding: 'utf8' })
  } catch {
    return ''
  }
})()

/** What the installed runc writes, with its own name and version, and what newer ones write, taken out. */
function runcSpec(...flags: string[]): Spec {
  const bundle = mkdtempSync(join(tmpdir(), 'teu-spec-'))
  try {
    execFileSync('runc', ['spec', '--bundle', bundle, ...flags])
    return parseSpec(readFileSync(join(bundle, 'config.json')), { file: 'config.json' })
  } finally {
    rmSync(bundle, { recursive: true })
  }
}

/** A config with its lists in a fixed order, where order means nothing, and without what may differ between versions. */
function meaning(spec: Spec): unknown {
  const { ociVersion: _version, hostname: _hostname, ...rest } = spec
  const { ambient: _ambient, ...capabilities } = spec.process?.capabilities ?? {}
  const mounts = spec.mounts?.map((mount) => ({ ...mount, options: [...(mount.options ?? [])].sort() }))
  const namespaces = spec.linux?.namespaces?.map(({ type }) => type).sort()
  const { maskedPaths: _masked, ...linux } = spec.linux ?? {}
  return { ...rest, process: { ...spec.process, capabilities }, mounts, linux: { ...linux, namespaces } }
}

describe('defaultSpec()', () => {
  it.each([{}, { cgroupV2: true }, { rootless: { uid: 1000, gid: 1001 } }, { rootless: { uid: 0, gid: 0 }, cgroupV2: true }])(
    'is valid without a warning for %j',
    (options) => {
      const warnings: unknown[] = []
      validateSpec(defaultSpec(options), { onWarning: (warning) => warnings.push(warning) })
      expect(warnings).toEqual([])
    },
  )

  it('gives a new object at each call', () => {
    const [a, b] = [defaultSpec(), defaultSpec()]
    expect(a).toEqual(b)
    expect(a.linux?.maskedPaths).not.toBe(b.linux?.maskedPaths)
  })

  it('has a cgroup namespace only where the layout is pure v2', () => {
    const types = (options: object) => defaultSpec(options).linux?.namespaces?.map(({ type }) => type)
    expect(types({})).toEqual(['pid', 'network', 'ipc', 'uts', 'mount'])
    expect(types({ cgroupV2: true })).toEqual(['pid', 'network', 'ipc', 'uts', 'mount', 'cgroup'])
    expect(types({ rootless: { uid: 5, gid: 6 }, cgroupV2: true })).toEqual(['pid', 'ipc', 'uts', 'mount', 'cgroup', 'user'])
  })

  it('maps an ordinary user to root', () => {
    const { linux } = defaultSpec({ rootless: { uid: 1000, gid: 1001 } })
    expect([linux?.uidMappings, linux?.gidMappings]).toEqual([
      [{ containerID: 0, hostID: 1000, size: 1 }],
      [{ containerID: 0, hostID: 1001, size: 1 }],
    ])
    expect(linux?.resources).toBeUndefined()
  })

  it('grants a few harmless capabilities and an empty inheritable set', () => {
    expect(DEFAULT_CAPABILITIES).toEqual(['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE'])
    expect(Object.keys(defaultSpec().process?.capabilities ?? {})).toEqual(['bounding', 'effective', 'permitted'])
  })

  it('hides and protects the well-known kernel files', () => {
    expect(DEFAULT_MASKED_PATHS).toEqual(
      expect.arrayContaining(['/proc/acpi', '/proc/kcore', '/proc/keys', '/proc/scsi', '/sys/firmware', '/sys/devices/virtual/powercap']),
    )
    expect(DEFAULT_READONLY_PATHS).toEqual(['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'])
  })

  // Skipped with a reason in its name, because there is nothing to compare with when runc is not installed.
  describe.skipIf(runc === '')(runc === '' ? 'compared with runc (not installed)' : `compared with ${runc.split('\n')[0]}`, () => {
    it.each<[string, string[], object]>([
      ['spec', [], {}],
      ['spec --rootless', ['--rootless'], { rootless: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 } }],
    ])('means the same as %s', (_name, flags, options) => {
      const theirs = runcSpec(...flags)
      const ours = defaultSpec({ ...options, cgroupV2: theirs.linux?.namespaces?.some(({ type }) => type === 'cgroup') })
      expect(meaning(ours)).toEqual(meaning(theirs))
      expect(DEFAULT_MASKED_PATHS).toEqual(expect.arrayContaining([...(theirs.linux?.maskedPaths ?? [])]))
    })
  })
})
