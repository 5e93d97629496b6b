import { describe, expect, it } from 'vitest'
import { sysctlNamespace, sysctlPath } from './sysctl.ts'

describe('sysctlPath()', () => {
  it.each([
    ['net.ipv4.ip_forward', 'net/ipv4/ip_forward'],
    ['net/ipv4/ip_forward', 'net/ipv4/ip_forward'],
    ['net.ipv4.conf.eth0/100.forwarding', 'net/ipv4/conf/eth0.100/forwarding'],
    ['net/ipv4/conf/eth0.100/forwarding', 'net/ipv4/conf/eth0.100/forwarding'],
    ['kernel.shmmax', 'kernel/shmmax'],
  ])('%s is %s', (key, path) => {
    expect(sysctlPath(key)).toBe(path)
  })

  it.each([
    '',
    'net',
    'net.',
    '.net',
    'net..x',
    'net/',
    '/net/x',
    'net/./x',
    'net/../x',
    'net.//.x',
    'net.a b',
    'net.a\n',
    'net.ä',
    'net.a=b',
  ])('%j is no key', (key) => {
    expect(sysctlPath(key)).toBeUndefined()
  })

  it('belongs to a namespace, or to the whole machine', () => {
    const of = (key: string) => sysctlNamespace(sysctlPath(key) as string)
    expect(['net.core.somaxconn', 'kernel.sem', 'fs.mqueue.msg_max', 'kernel.domainname', 'user.max_net_namespaces'].map(of)).toEqual([
      'network',
      'ipc',
      'ipc',
      'uts',
      'user',
    ])
    expect(['kernel.core_pattern', 'vm.swappiness', 'fs.file-max', 'kernel.sem.x'].map(of)).toEqual(Array.from({ length: 4 }))
  })
})
