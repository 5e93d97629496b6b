import type { Mount } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { all, createInput, failure, only, ops, position, USER_NAMESPACE, userHost, OWN_IDS } from '../../test/support/plan-input.ts'
import { compileCreatePlan } from './create.ts'
import { SLOT } from './slots.ts'

const MS_PRIVATE = 1 << 18
const MS_SLAVE = 1 << 19
const MS_SHARED = 1 << 20

const plan = (mounts: Mount[], linux = {}): ReturnType<typeof compileCreatePlan> => compileCreatePlan(createInput({ mounts, linux }))
const bind = (options: string[], more: Partial<Mount> = {}): Mount => ({
  destination: '/d',
  type: 'bind',
  source: '/src',
  options,
  ...more,
})

/** Steps of the mount that ends with the attach on `path`. */
function about(steps: ReturnType<typeof compileCreatePlan>, path: string): ReturnType<typeof compileCreatePlan>['container'][number][] {
  const attach = all(steps.container, 'attach').find((step) => step.path === path)
  if (attach === undefined) throw new Error(`nothing is attached on ${path}`)
  return [...steps.parent, ...steps.container].filter(
    (step) => ('slot' in step && step.slot === attach.mount) || ('mount' in step && step.mount === attach.mount),
  )
}

describe('planMounts() of bind mounts', () => {
  it('opens each source once, before the clone, and attaches that handle', () => {
    const { parent, container } = plan([bind(['rbind', 'ro'])])
    const [, source] = all(parent, 'open_tree')
    expect(source).toMatchObject({ path: '/src', recursive: true, root: -1, pointer: '/mounts/0/source' })
    expect(only(container, 'attach')).toMatchObject({ mount: source?.slot, root: SLOT.root, path: '/d', create: 3, keep: false })
    expect(position(parent, (step) => step === source)).toBeLessThan(position(parent, ({ op }) => op === 'clone'))
  })

  it('makes a mount that asks for no propagation a slave before it is attached: nothing of the container reaches the host', () => {
    expect(about(plan([bind(['rbind'])]), '/d')).toContainEqual(
      expect.objectContaining({ op: 'mount_attr', propagation: MS_SLAVE, recursive: true }),
    )
    expect(about(plan([bind(['rbind'])], { rootfsPropagation: 'rprivate' }), '/d')).toContainEqual(
      expect.objectContaining({ op: 'mount_attr', propagation: MS_PRIVATE }),
    )
    expect(about(plan([bind(['rbind'])], { rootfsPropagation: 'rshared' }), '/d')).toContainEqual(
      expect.objectContaining({ op: 'mount_attr', propagation: MS_SLAVE }),
    )
  })

  it('shares a mount only on request', () => {
    expect(about(plan([bind(['rbind', 'rshared'])]), '/d')).toContainEqual(
      expect.objectContaining({ op: 'mount_attr', propagation: MS_SHARED, recursive: true }),
    )
  })

  it('applies attributes and propagation in one call where they are about the same mounts', () => {
    expect(ops(about(plan([bind(['bind', 'ro', 'nosuid', 'rprivate'])]), '/d'))).toEqual(['open_tree', 'mount_attr', 'attach'])
  })

  it('applies words for the tree to the tree and words for the mount to the mount', () => {
    const steps = about(plan([bind(['rbind', 'ro', 'rnoexec', 'private'])]), '/d').filter(({ op }) => op === 'mount_attr')
    expect(steps).toEqual([
      expect.objectContaining({ set: 1, recursive: false, propagation: MS_PRIVATE }),
      expect.objectContaining({ set: 8, recursive: true, propagation: 0 }),
    ])
  })

  it('looks a source inside the root file system up inside the root, where its links cannot lead out', () => {
    const { parent, container } = plan([bind(['bind'], { source: '/bundle/rootfs/etc/app' })])
    expect(all(parent, 'open_tree').map(({ path }) => path)).toEqual(['/bundle/rootfs'])
    expect(only(container, 'open_tree')).toMatchObject({ root: SLOT.root, path: '/etc/app' })
  })

  it('does not take a sibling of the root for a part of it', () => {
    expect(all(plan([bind(['bind'], { source: '/bundle/rootfs-data' })]).parent, 'open_tree')[1]).toMatchObject({ root: -1 })
  })

  it('counts a relative source from the bundle and a relative destination from the root', () => {
    const steps = plan([bind(['bind'], { source: 'data', destination: 'a/../b' })])
    expect(all(steps.parent, 'open_tree')[1]).toMatchObject({ path: '/bundle/data' })
    expect(only(steps.container, 'attach').path).toBe('/b')
  })

  it('opens sources inside the container namespaces for an ordinary user', () => {
    const steps = compileCreatePlan(createInput({ mounts: [bind(['rbind'])], linux: OWN_IDS }, { host: userHost() }))
    expect(all(steps.parent, 'open_tree')).toEqual([])
    expect(all(steps.container, 'open_tree').map(({ path }) => path)).toContain('/src')
  })

  it('wants a source', () => {
    expect(failure(() => plan([{ destination: '/d', options: ['bind'] }])).pointer).toBe('/mounts/0/source')
  })
})

describe('planMounts() of id-mapped mounts', () => {
  const map = [{ containerID: 0, hostID: 5000, size: 10 }]

  it('makes one user namespace for each distinct map, in the parent', () => {
    const mapped = bind(['bind', 'idmap'], { uidMappings: map, gidMappings: map })
    const { parent } = plan([mapped, { ...mapped, destination: '/e' }])
    const { slot } = only(parent, 'make_userns')
    expect(all(parent, 'mount_attr').filter(({ userns }) => userns === slot)).toHaveLength(2)
    expect(all(parent, 'mount_attr').at(-1)?.set).toBe(0x100000)
  })

  it('maps the tree for ridmap only', () => {
    const steps = (word: string): unknown[] =>
      about(plan([bind(['rbind', word], { uidMappings: map, gidMappings: map })]), '/d').filter(({ op }) => op === 'mount_attr')
    expect(steps('ridmap')).toEqual([expect.objectContaining({ recursive: true, userns: expect.any(Number) as number })])
    expect(steps('idmap')).toContainEqual(expect.objectContaining({ recursive: false, set: 0x100000 }))
  })

  it('uses the map of the container when the mount has none', () => {
    const { parent } = plan([bind(['bind', 'idmap'])], USER_NAMESPACE)
    expect(only(parent, 'make_userns')).toMatchObject({ uidMap: new TextEncoder().encode('0 100000 65536\n') })
  })

  it('refuses a map without any mapping, on other file systems, and for ordinary users', () => {
    expect(failure(() => plan([bind(['bind', 'idmap'])])).pointer).toBe('/mounts/0')
    expect(failure(() => plan([{ destination: '/t', type: 'tmpfs', uidMappings: map, gidMappings: map }])).code).toBe('ERR_TEU_UNSUPPORTED')
    const mounts = [bind(['bind'], { uidMappings: map, gidMappings: map })]
    expect(failure(() => compileCreatePlan(createInput({ mounts, linux: OWN_IDS }, { host: userHost() }))).code).toBe('ERR_TEU_ROOTLESS')
  })
})

describe('planMounts() of new file systems', () => {
  it('keeps the order of the config', () => {
    const { container } = plan([
      { destination: '/proc', type: 'proc' },
      { destination: '/dev', type: 'tmpfs', options: ['mode=755'] },
      bind(['bind']),
      { destination: '/dev/pts', type: 'devpts', options: ['newinstance'] },
    ])
    expect(all(container, 'attach').map(({ path }) => path)).toEqual(['/proc', '/dev', '/d', '/dev/pts'])
  })

  it('makes a read-only file system read-only itself, except where all containers share it', () => {
    const options = (type: string): readonly string[] => {
      const steps = plan([{ destination: '/m', type, source: 'x', options: ['ro'] }])
      return all(steps.container, 'new_mount').find((step) => step.type === type)?.options ?? []
    }
    expect(options('ext4')).toEqual(['ro'])
    expect(options('sysfs')).toEqual([])
    expect(options('mqueue')).toEqual([])
  })

  it('gives a tmpfs the mode of the directory that it covers, unless the config says one', () => {
    expect(ops(about(plan([{ destination: '/t', type: 'tmpfs' }]), '/t'))).toContain('copy_mode')
    expect(ops(about(plan([{ destination: '/t', type: 'tmpfs', options: ['mode=700'] }]), '/t'))).not.toContain('copy_mode')
  })

  it('fills a tmpfs with copy-up before it becomes read-only and before anybody sees it', () => {
    const steps = about(plan([{ destination: '/t', type: 'tmpfs', options: ['tmpcopyup', 'ro'] }]), '/t')
    expect(ops(steps)).toEqual(['new_mount', 'copy_mode', 'copy_up', 'mount_attr', 'attach'])
    expect(only(steps, 'new_mount')).toMatchObject({ attrs: 0, options: [] })
    expect(only(steps, 'copy_up').maxBytes).toBe(2 ** 30)
  })

  it('labels the file systems that it makes, not those of the kernel', () => {
    const { container } = compileCreatePlan(
      createInput(
        {
          mounts: [
            { destination: '/t', type: 'tmpfs' },
            { destination: '/proc', type: 'proc' },
          ],
          linux: { mountLabel: 'u:r:t:s0:c1,c2' },
        },
        { host: { ...createInput().host, selinux: true } },
      ),
    )
    expect(all(container, 'new_mount').map(({ options }) => options)).toEqual([['context=u:r:t:s0:c1,c2'], []])
  })

  it('wants a type', () => {
    expect(failure(() => plan([{ destination: '/d', options: ['ro'] }])).pointer).toBe('/mounts/0/type')
    expect(failure(() => plan([{ destination: '/d', type: 'proc', options: ['tmpcopyup'] }])).pointer).toBe('/mounts/0/options')
  })
})
