import { describe, expect, it } from 'vitest'
import type { TeuError } from '../error.ts'
import { validateResources, validateSpec } from '../validate.ts'

/** The refusal of a config, always one with the right code; undefined when it is accepted. */
function refusal(validate: () => unknown): TeuError | undefined {
  try {
    validate()
    return undefined
  } catch (error) {
    expect(error).toMatchObject({ name: 'TeuError', code: 'ERR_TEU_CONFIG_INVALID' })
    return error as TeuError
  }
}

describe('names that become cgroup files or lines', () => {
  const BAD = [
    '',
    '/',
    'a/b',
    '../x',
    '..',
    'memory.max/../x',
    'a\nb',
    'a b',
    'memory',
    '.max',
    'memory.',
    'memory..max',
    'Memory.max',
    'x'.repeat(300),
  ]
  const CORE = ['cgroup.procs', 'cgroup.threads', 'cgroup.kill', 'cgroup.freeze', 'cgroup.subtree_control', 'cgroup.type']

  it.each([...BAD, ...CORE])('%j is no key of unified', (key) => {
    expect(refusal(() => validateResources({ unified: { [key]: '1' } }))).toBeDefined()
  })

  it.each([...BAD, '2mb', '2 MB', '2MB/..', '02MB', '2MiB', '2TB', 'MB', '-2MB', '2MB\n'])('%j is no page size', (pageSize) => {
    expect(refusal(() => validateResources({ hugepageLimits: [{ pageSize, limit: 0 }] }))?.pointer).toBe('/hugepageLimits/0/pageSize')
  })

  it.each(BAD.filter((name) => !/^[\w.]+$/.test(name)))('%j is no RDMA device', (key) => {
    expect(refusal(() => validateResources({ rdma: { [key]: { hcaHandles: 1 } } }))).toBeDefined()
  })

  it.each(['8:0', 8.5, -1, '8', null])('%j is no device number', (major) => {
    expect(refusal(() => validateResources({ blockIO: { throttleReadBpsDevice: [{ major, minor: 0, rate: 1 }] } }))?.pointer).toBe(
      '/blockIO/throttleReadBpsDevice/0/major',
    )
  })

  it.each(['../x', '/../..', 'a/../../b', '/a/..', '..', 'a\nb', 'a\rb', `/${'x'.repeat(256)}`, `/a/${'ä'.repeat(128)}/b`])(
    'a cgroup path %j is refused',
    (cgroupsPath) => {
      const spec = { ociVersion: '1.0.0', root: { path: 'r' }, linux: { cgroupsPath } }
      expect(refusal(() => validateSpec(spec))?.pointer).toBe('/linux/cgroupsPath')
    },
  )
})
