/** Network devices of the config, with veth devices in a network namespace that stands for the host's. */

import { spawnSync } from 'node:child_process'
import { expect } from 'vitest'
import type { Config } from '../../../../tests/harness/base-config.ts'
import { inLab as it } from '../../../../tests/harness/in-lab.ts'
import type { Lab } from '../../../../tests/harness/lab.ts'
import { describeIf, needsPrograms } from '../../../../tests/harness/requirements.ts'
import { runtimePath, runtimeRequirements } from '../../../../tests/harness/runtime.ts'

/** Two pairs; one end of each is for the container, which knows the second one as eth0. */
const PREPARE = [
  'PATH=$PATH:/usr/sbin:/sbin',
  'ip link add dev0 type veth peer name peer0; ip link set peer0 up',
  'ip addr add 192.0.2.5/24 dev dev0; ip link set dev0 mtu 1400 up',
  'ip link add dev1 type veth peer name peer1; ip addr add 198.51.100.7/32 dev dev1',
].join('\n')
const LOOK = 'ip -o link show type veth; ip -o -4 addr show scope global'

interface Seen {
  readonly status: number
  /** What the container printed, then what there was on the host. */
  readonly stdout: string
  readonly host: string
  readonly stderr: string
}

async function runWith(lab: Lab, args: readonly string[], change?: (config: Config) => void, before = ''): Promise<Seen> {
  const id = lab.id()
  const bundle = lab.bundle(
    args,
    (config) => {
      Object.assign(config.linux, { netDevices: { dev0: {}, dev1: { name: 'eth0' } } })
      change?.(config)
    },
    id,
  )
  const script = `${PREPARE}\n${before}\n"$@"; status=$?; echo "=== $status"; ${LOOK}`
  const line = ['unshare', '-n', 'sh', '-c', script, 'sh', runtimePath, '--root', lab.root, 'run', '--bundle', bundle.dir, id]
  const { stdout, stderr } = await lab.command(line)
  const [inside = '', outside = ''] = stdout.split('=== ')
  const [status = '', ...host] = outside.split('\n')
  return { status: Number(status), stdout: inside, host: host.join('\n'), stderr }
}

const ip = ['/bin/busybox', 'ip', 'addr']
const needsVeth =
  spawnSync('unshare', ['-n', 'sh', '-c', `${PREPARE}\nip link show dev1`]).status === 0 ? undefined : 'needs veth devices in the kernel'

describeIf('network devices of the config', [...runtimeRequirements, needsPrograms('ip', 'unshare'), needsVeth], () => {
  it('are moved into the container, with addresses and new names', async (lab) => {
    const { status, stdout, host, stderr } = await runWith(lab, ip)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/dev0@\S+ <[^>]*UP[^>]*> mtu 1400/)
    expect(stdout).toMatch(/inet 192\.0\.2\.5\/24 .*dev0/)
    expect(stdout).toMatch(/eth0@/)
    expect(stdout).toMatch(/inet 198\.51\.100\.7\/32 .*eth0/)
    expect(host).not.toContain('dev1')
  })

  it('are moved into a container with a user namespace', async (lab) => {
    const { status, stdout } = await runWith(lab, ip, (config) => {
      const map = [{ containerID: 0, hostID: 100_000, size: 65_536 }]
      config.linux.namespaces?.push({ type: 'user' })
      Object.assign(config.linux, { uidMappings: map, gidMappings: map })
    })
    expect(status).toBe(0)
    expect(stdout).toMatch(/dev0@[^]*eth0@/)
  })

  it('come back, as they were, when the container cannot be started', async (lab) => {
    const { status, host, stderr } = await runWith(lab, ['/no/such/program'])
    expect(status).toBe(1)
    expect(stderr).not.toContain('suppressed')
    expect(host).toMatch(/dev0@peer0: <[^>]*UP[^>]*> mtu 1400/)
    expect(host).toMatch(/dev1@peer1: <(?![^>]*\bUP\b)[^>]*>/)
    expect(host).toMatch(/dev0 +inet 192\.0\.2\.5\/24/)
    expect(host).toMatch(/dev1 +inet 198\.51\.100\.7\/32/)
  })

  it('come back when another one of them does not exist', async (lab) => {
    const { status, host, stderr } = await runWith(lab, ip, undefined, 'ip link del dev1')
    expect(status).toBe(1)
    expect(stderr).toContain('Cannot move the network device \\"dev1\\"')
    expect(stderr).toContain('pointer=/linux/netDevices/dev1')
    expect(host).toMatch(/dev0@peer0/)
  })
})
