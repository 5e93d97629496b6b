import { readlinkSync } from 'node:fs'
import { expect } from 'vitest'
import { cgroupLayout } from '../harness/cgroups.ts'
import { withUserNamespace } from '../harness/user-namespace.ts'
import { group } from './conforms.ts'

type Namespaces = Record<string, string>

const own = (name: string): string => readlinkSync(`/proc/self/ns/${name}`)

group('namespaces', (conforms) => {
  conforms('are new where the config asks, and those of the caller elsewhere', async (lab) => {
    const seen = await lab.fact<Namespaces>(['namespaces'])
    for (const name of ['ipc', 'mnt', 'net', 'pid', 'uts']) expect(seen[name], name).not.toBe(own(name))
    for (const name of ['user', 'time']) expect(seen[name], name).toBe(own(name))
  })

  conforms('share the network of the host when there is no network namespace', async (lab) => {
    const seen = await lab.fact<Namespaces>(['namespaces'], (config) => {
      config.linux.namespaces = (config.linux.namespaces ?? []).filter((namespace) => namespace.type !== 'network')
      config.mounts = config.mounts.map((mount) =>
        mount.destination === '/sys' ? { destination: '/sys', type: 'bind', source: '/sys', options: ['rbind', 'ro'] } : mount,
      )
    })
    expect(seen['net']).toBe(own('net'))
  })

  conforms('a new network has its loopback up', async (lab) => {
    expect(await lab.fact(['listen'])).toEqual({ bind: 'ok', listen: 'ok', connect: 'ok' })
  })

  conforms('of a running container can be joined by path', async (lab) => {
    const first = await lab.start(['/bin/sh', '-c', '/probe namespaces; exec sleep 1000'])
    const { pid } = await lab.state(first.id)
    const theirs = JSON.parse(await lab.output(first, 1)) as Namespaces
    const seen = await lab.fact<Namespaces>(['namespaces'], (config) => {
      config.linux.namespaces = [
        { type: 'mount' },
        { type: 'pid' },
        { type: 'network', path: `/proc/${pid}/ns/net` },
        { type: 'ipc', path: `/proc/${pid}/ns/ipc` },
        { type: 'uts', path: `/proc/${pid}/ns/uts` },
      ]
      delete config.hostname
    })
    for (const name of ['net', 'ipc', 'uts']) expect(seen[name], name).toBe(theirs[name])
    for (const name of ['mnt', 'pid']) expect(seen[name], name).not.toBe(theirs[name])
  })

  conforms('a pid namespace can be joined by path', async (lab) => {
    const first = await lab.start()
    const { pid } = await lab.state(first.id)
    const [seen, self] = await lab.probe([['namespaces'], ['self']], (config) => {
      config.linux.namespaces = (config.linux.namespaces ?? []).map((namespace) =>
        namespace.type === 'pid' ? { type: 'pid', path: `/proc/${pid}/ns/pid` } : namespace,
      )
    })
    expect((seen as Namespaces)['pid']).toBe(readlinkSync(`/proc/${pid}/ns/pid`))
    expect((self as { pid: number }).pid).toBeGreaterThan(1)
  })

  conforms('that cannot be joined are refused', async (lab) => {
    for (const path of ['/proc/self/ns/uts', '/nonexistent', '/etc/passwd']) {
      const result = await lab.run(['/bin/true'], (config) => {
        config.linux.namespaces = (config.linux.namespaces ?? []).map((namespace) =>
          namespace.type === 'network' ? { type: 'network', path } : namespace,
        )
      })
      expect(result.status, path).toBe(1)
    }
  })

  conforms('may be named only once each', async (lab) => {
    const result = await lab.run(['/bin/true'], (config) => {
      config.linux.namespaces?.push({ type: 'uts' })
    })
    expect(result.status).toBe(1)
  })

  conforms('a cgroup namespace hides where the container is', async (lab) => {
    const [seen, read] = await lab.probe([['namespaces'], ['read', '/proc/self/cgroup']], (config) => {
      config.linux.namespaces?.push({ type: 'cgroup' })
    })
    expect((seen as Namespaces)['cgroup']).not.toBe(own('cgroup'))
    const lines = (read as { content: string }[])[0]?.content.trim().split('\n') ?? []
    expect(lines.filter((line) => !line.endsWith(':/') && (cgroupLayout === 'v2' || !line.startsWith('0::')))).toEqual([])
  })

  conforms('are left by a container without a pid namespace of its own: its pid is the host pid', async (lab) => {
    const box = await lab.start(['/bin/sh', '-c', '/probe self; exec sleep 1000'], (config) => {
      config.linux.namespaces = (config.linux.namespaces ?? []).filter((namespace) => namespace.type !== 'pid')
    })
    const self = JSON.parse(await lab.output(box, 1)) as { ppid: number }
    expect(self.ppid).toBe((await lab.state(box.id)).pid)
  })
})

group('user namespace', (conforms) => {
  conforms('maps the ids of the container', async (lab) => {
    const box = await lab.start(
      ['/bin/sh', '-c', '/probe ids -- namespaces -- read /proc/self/uid_map /proc/self/gid_map; exec sleep 1000'],
      (config, bundle) => {
        withUserNamespace(config, bundle.rootfs)
      },
    )
    const [ids, namespaces, maps] = (await lab.output(box, 3))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(ids).toMatchObject({ uid: [0, 0, 0, 0], gid: [0, 0, 0, 0] })
    expect(namespaces).not.toMatchObject({ user: own('user') })
    const fields = (maps as { content: string }[]).map(({ content }) => content.trim().split(/\s+/))
    expect(fields).toEqual([
      ['0', '100000', '65536'],
      ['0', '200000', '65536'],
    ])
    const { pid } = await lab.state(box.id)
    const status = (await lab.command(['/bin/cat', `/proc/${pid}/status`])).stdout
    expect(status).toMatch(/^Uid:\t100000\t/m)
    expect(status).toMatch(/^Gid:\t200000\t/m)
  })

  conforms('gives exec the same ids', async (lab) => {
    const box = await lab.start(undefined, (config, bundle) => withUserNamespace(config, bundle.rootfs))
    const result = await lab.runtime(['exec', '--user', '1000:1000', box.id, '/probe', 'ids'])
    expect(JSON.parse(result.stdout)).toMatchObject({ uid: [1000, 1000, 1000, 1000], gid: [1000, 1000, 1000, 1000] })
  })

  conforms('gives the container a usable /dev, /proc and /sys', async (lab) => {
    const [stat, open] = await lab.probe(
      [
        ['stat', '/dev/null', '/proc/self/status', '/sys/kernel'],
        ['open', '/dev/null', '/dev/zero'],
      ],
      (config, bundle) => {
        withUserNamespace(config, bundle.rootfs)
      },
    )
    expect((stat as { error?: string }[]).filter((entry) => entry.error !== undefined)).toEqual([])
    expect(open).toMatchObject([
      { read: 'ok', write: 'ok' },
      { read: 'ok', write: 'ok' },
    ])
  })

  conforms('stdio can be opened again by the mapped root', async (lab) => {
    const result = await lab.run(['/bin/sh', '-c', 'echo again > /proc/self/fd/1'], (config, bundle) =>
      withUserNamespace(config, bundle.rootfs),
    )
    expect(result).toMatchObject({ status: 0, stdout: 'again\n' })
  })
})
