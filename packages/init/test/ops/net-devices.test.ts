/** Network devices. Each test has a network namespace of its own in the place of the host's. */

import { expect, it } from 'vitest'
import { describeIf, needsPrograms, needsRoot } from '../../../../tests/harness/requirements.ts'
import type { Step } from '../../src/index.ts'
import { CLONE_NEWNET, type Outcome, processPlan, runPlan, shell } from './run-plan.ts'

describeIf('network devices', [needsRoot, needsPrograms('ip', 'unshare')], () => {
  function run(prepare: string, move: Step, command: string): Outcome {
    const plan = processPlan([{ op: 'wait', n: 1 }, ...shell(command)], { flags: CLONE_NEWNET, after: [move, { op: 'signal', n: 1 }] })
    return runPlan(plan, { under: ['unshare', '-n', 'sh', '-c', `export PATH=$PATH:/sbin:/usr/sbin; ${prepare}; exec "$@"`, 'sh'] })
  }
  const move = (name: string, newName = ''): Step => ({ op: 'move_netdev', name, newName })

  it('link_up() brings the loopback up', () => {
    const outcome = runPlan(
      processPlan(
        [
          { op: 'link_up', name: 'lo' },
          ...shell('cat /sys/class/net/lo/operstate 2>/dev/null; PATH=/bin:/sbin:/usr/sbin ip -o link show lo'),
        ],
        { flags: CLONE_NEWNET },
      ),
    )
    expect(outcome.stdout).toMatch(/<LOOPBACK,UP/)
    const missing = runPlan(processPlan([{ op: 'link_up', name: 'none0' }], { flags: CLONE_NEWNET }))
    expect(missing.failure).toMatchObject({ op: 'link_up', syscall: 'ioctl', errno: 'ENODEV', path: 'none0' })
    expect(runPlan(processPlan([{ op: 'link_up', name: 'n'.repeat(40) }])).failure).toMatchObject({ errno: 'ENODEV' })
  })

  it('move_netdev() takes the device along with its name, global addresses, MTU, and up', () => {
    const prepare = [
      'ip link add dev0 type veth peer name other0; ip link set other0 up',
      'ip link set dev0 mtu 1400 address 02:00:00:00:00:07 up',
      'ip addr add 192.0.2.5/24 broadcast 192.0.2.255 dev dev0',
      'ip addr add 192.0.2.6/24 dev dev0',
      'ip addr add 169.254.3.3/16 scope link dev dev0',
      'ip -6 addr add 2001:db8::5/64 nodad dev dev0 || true',
    ].join('; ')
    const look = 'PATH=/bin:/sbin:/usr/sbin; ip -o addr show dev dev0; ip -o link show dev0'
    const { failure, stdout } = run(prepare, move('dev0'), look)
    expect(failure).toBeUndefined()
    expect(stdout).toMatch(/192\.0\.2\.5\/24 brd 192\.0\.2\.255 scope global dev0/)
    expect(stdout).toMatch(/192\.0\.2\.6\/24 scope global secondary dev0/)
    expect(stdout).not.toContain('169.254.3.3')
    expect(stdout).toMatch(/mtu 1400 .*02:00:00:00:00:07/)
    expect(stdout).toMatch(/UP,LOWER_UP/)
  })

  it('move_netdev() renames on the way', () => {
    const look = 'PATH=/bin:/sbin:/usr/sbin; ip -o link show'
    const { failure, stdout } = run(
      'ip link add dev0 type veth peer name other0; ip link set other0 up; ip addr add 192.0.2.5/32 dev dev0',
      move('dev0', 'eth0'),
      look,
    )
    expect(failure).toBeUndefined()
    expect(stdout).toMatch(/ eth0@\S+ <BROADCAST,MULTICAST,UP/)
    expect(stdout).not.toContain('dev0')
  })

  it('move_netdev() names the device that is not there', () => {
    expect(run('true', move('none0'), 'true').failure).toMatchObject({
      op: 'move_netdev',
      syscall: 'netlink',
      errno: 'ENODEV',
      path: 'none0',
    })
  })

  it('move_netdev() refuses a name that is taken', () => {
    expect(run('ip link add dev0 type veth peer name other0; ip link set other0 up', move('dev0', 'lo'), 'true').failure).toMatchObject({
      op: 'move_netdev',
      syscall: 'netlink',
      errno: 'EEXIST',
    })
  })
})
