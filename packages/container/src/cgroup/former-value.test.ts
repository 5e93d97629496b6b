import { describe, expect, it } from 'vitest'
import { formerValue } from './former-value.ts'

describe('formerValue()', () => {
  it.each([
    ['memory.max', '5', 'max\n', 'max'],
    ['memory.limit_in_bytes', '5', '9223372036854771712\n', '9223372036854771712'],
    ['cpu.max', 'max 5', '5000 100000\n', '5000 100000'],
    ['cpuset.cpus', '0', '\n', '\n'],
    ['cpuset.cpus', '0', '0-1\n', '0-1'],
    ['memory.oom_control', '1', 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n', '0'],
    ['io.max', '8:0 rbps=5', '8:0 rbps=max wbps=7 riops=max wiops=max\n8:16 rbps=1\n', '8:0 rbps=max wbps=7 riops=max wiops=max'],
    ['io.max', '8:0 rbps=5', '', '8:0 rbps=max wbps=max riops=max wiops=max'],
    ['io.weight', '50', 'default 100\n8:0 20\n', 'default 100'],
    ['io.weight', '8:0 50', 'default 100\n8:0 20\n', '8:0 20'],
    ['io.weight', '8:1 50', 'default 100\n8:0 20\n', '8:1 default'],
    ['io.bfq.weight', '50', '100\n', '100'],
    ['blkio.throttle.read_bps_device', '8:0 50', '', '8:0 0'],
    ['blkio.throttle.read_bps_device', '8:0 50', '8:0 7\n', '8:0 7'],
    ['blkio.bfq.weight_device', '8:0 50', '8:1 7\n', '8:0 default'],
    ['rdma.max', 'a hca_handle=1', 'a hca_handle=max hca_object=3\n', 'a hca_handle=max hca_object=3'],
    ['net_prio.ifpriomap', 'eth0 5', 'lo 0\neth0 2\n', 'eth0 2'],
    ['misc.max', 'sev 5', 'sev max\nsev_es 2\n', 'sev max'],
  ])('of %s before %j, which says %j, is %j', (file, value, content, expected) => {
    expect(formerValue(file, value, content)).toBe(expected)
  })

  it('is nothing where nothing can be put back', () => {
    expect(formerValue('memory.max', '5', undefined)).toBeUndefined()
    expect(formerValue('cpu.weight', '5', '0\n')).toBeUndefined()
    expect(formerValue('memory.stat', '5', 'a 1\nb 2\n')).toBeUndefined()
  })
})
