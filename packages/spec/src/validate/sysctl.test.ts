import { describe, expect, it } from 'vitest'
import type { TeuError } from '../error.ts'
import { validateSpec } from '../validate.ts'

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

describe('sysctls', () => {
  const spec = (sysctl: object, types: string[]) => ({
    ociVersion: '1.0.0',
    root: { path: 'r' },
    linux: { sysctl, namespaces: types.map((type) => ({ type })), uidMappings: maps(types), gidMappings: maps(types) },
  })
  const maps = (types: string[]) => (types.includes('user') ? [{ containerID: 0, hostID: 0, size: 1 }] : [])
  const OF: Record<string, string[]> = {
    network: ['net.ipv4.ip_forward', 'net/core/somaxconn', 'net.ipv4.conf.eth0/100.forwarding', 'net.ipv6.conf.all.disable_ipv6'],
    ipc: [
      ...[
        'sem',
        'msgmax',
        'msgmnb',
        'msgmni',
        'shmall',
        'shmmax',
        'shmmni',
        'shm_rmid_forced',
        'sem_next_id',
        'msg_next_id',
        'shm_next_id',
      ].map((name) => `kernel.${name}`),
      'fs.mqueue.msg_max',
      'fs/mqueue/queues_max',
    ],
    uts: ['kernel.hostname', 'kernel.domainname', 'kernel/domainname'],
    user: ['user.max_user_namespaces', 'user.max_mnt_namespaces'],
  }

  for (const [type, keys] of Object.entries(OF)) {
    it.each(keys)(`%s needs a ${type} namespace`, (key) => {
      const others = Object.keys(OF).filter((other) => other !== type)
      expect(refusal(() => validateSpec(spec({ [key]: '1' }, others)))?.message).toContain('it would change the host')
      expect(refusal(() => validateSpec(spec({ [key]: '1' }, [type])))).toBeUndefined()
    })
  }

  it.each([
    'kernel.core_pattern',
    'kernel/core_pattern',
    'kernel.modprobe',
    'kernel.hotplug',
    'kernel.unprivileged_bpf_disabled',
    'kernel.pid_max',
    'vm.swappiness',
    'fs.file-max',
    'fs.mqueue.a.b',
    'kernel.shmmax.x',
    'abi.vsyscall32',
    'net',
    'netx.ipv4',
    'net.ipv4.x+kernel.core_pattern',
    'net.ipv4.x=1',
    'net.ipv4.x,y',
    'net.ipv4.x\nkernel.core_pattern',
    'net.ipv4.x y',
    'net/../kernel/core_pattern',
    'net./../kernel.core_pattern',
    'net.//.//.kernel.core_pattern',
    '/net/ipv4/ip_forward',
    'net/ipv4/',
    'net..ipv4',
    'net.ipv4.;x',
    '',
  ])('%j is refused with every namespace', (key) => {
    expect(refusal(() => validateSpec(spec({ [key]: '1' }, ['network', 'ipc', 'uts', 'user', 'pid', 'mount'])))).toBeDefined()
  })

  it.each(['+', '=', ',', '1\n2', ' ', ';kernel.core_pattern=|/x'])('a value %j is one value', (value) => {
    expect(refusal(() => validateSpec(spec({ 'net.ipv4.x': value }, ['network'])))).toBeUndefined()
  })

  it('the same file under two keys is refused', () => {
    const error = refusal(() => validateSpec(spec({ 'net.ipv4.ip_forward': '1', 'net/ipv4/ip_forward': '0' }, ['network'])))
    expect(error?.message).toBe('linux.sysctl["net/ipv4/ip_forward"]: the same file as net.ipv4.ip_forward')
  })

  it('a host name from two sources is refused', () => {
    const two = { ...spec({ 'kernel.hostname': 'a' }, ['uts']), hostname: 'b' }
    expect(refusal(() => validateSpec(two))?.pointer).toBe('/hostname')
  })
})
