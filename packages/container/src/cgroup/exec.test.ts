import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { at, below, HYBRID, V1, V2 } from '../../test/support/cgroup-hosts.ts'
import { type ExecJoinOptions, followInit, planCgroupExecJoin } from './exec.ts'
import { noCgroups } from './locate.ts'

const BELOW = '/sys/fs/cgroup'

function opened(subCgroup?: ExecJoinOptions['subCgroup']): string | undefined {
  const [step] = planCgroupExecJoin(at(V2), { subCgroup }).beforeClone
  return step?.op === 'open' ? step.path : undefined
}

describe('planCgroupExecJoin()', () => {
  it('goes into the container’s cgroup, or one below it', () => {
    expect(opened()).toBe(`${BELOW}/c`)
    expect(['', '/', 'a/b', '/a/b', './a//b/'].map(opened)).toEqual([
      `${BELOW}/c`,
      `${BELOW}/c`,
      `${BELOW}/c/a/b`,
      `${BELOW}/c/a/b`,
      `${BELOW}/c/a/b`,
    ])
    expect(opened({ '': 'a' })).toBe(`${BELOW}/c/a`)
  })

  it.each(['..', '../x', '/../..', 'a/../../b', 'a/..', 'a\nb', 'a\0b', 'x'.repeat(256)])('refuses %j', (path) => {
    expect(() => opened(path)).toThrow(expect.objectContaining({ code: 'ERR_TEU_CONFIG_INVALID' }))
    expect(() => opened({ '': path })).toThrow(expect.objectContaining({ code: 'ERR_TEU_CONFIG_INVALID' }))
  })

  it('can be given for some controllers on v1; the others stay', () => {
    const { afterClone } = planCgroupExecJoin(at(V1), { subCgroup: { 'cpu,cpuacct': 'a', memory: '/b' } })
    expect(afterClone.map((step) => (step.op === 'write_child_pid' ? step.path : ''))).toEqual([
      `${BELOW}/cpu,cpuacct/c/a/cgroup.procs`,
      `${BELOW}/memory/c/b/cgroup.procs`,
      `${BELOW}/systemd/c/cgroup.procs`,
    ])
  })

  it('refuses unknown controllers, and containers without cgroups', () => {
    expect(() => opened({ memory: 'a' })).toThrow('the container has none for it')
    expect(() => planCgroupExecJoin(at(HYBRID), { subCgroup: { 'cpu,nope': 'a' } })).toThrow('"nope"')
    expect(() => planCgroupExecJoin(noCgroups('disabled'), { subCgroup: 'a' })).toThrow('the container has no cgroups')
    expect(planCgroupExecJoin(noCgroups('disabled')).beforeClone).toEqual([])
  })
})

describe('followInit()', () => {
  const withHost = (subtreeControl: string, cgroup: string, run: (root: string) => void): void => {
    const root = mkdtempSync(join(tmpdir(), 'teu-exec-'))
    try {
      mkdirSync(join(root, 'c'))
      mkdirSync(join(root, 'proc/7'), { recursive: true })
      writeFileSync(join(root, 'c/cgroup.subtree_control'), subtreeControl)
      writeFileSync(join(root, 'proc/7/cgroup'), cgroup)
      run(root)
    } finally {
      rmSync(root, { recursive: true })
    }
  }
  const follow = (root: string): string | undefined => followInit(below(root, V2), 7, { proc: join(root, 'proc') }).paths['']

  it('stays in the container’s cgroup while that takes processes', () => {
    withHost('\n', '0::/c/init.scope\n', (root) => expect(follow(root)).toBe(`${root}/c`))
  })

  it('goes where init is when the cgroup has given its controllers to children', () => {
    withHost('memory pids\n', '0::/c/init.scope\n', (root) => expect(follow(root)).toBe(`${root}/c/init.scope`))
  })

  it.each(['0::/other\n', '0::/c\n', '0::/cc/x\n', '0::/c/../x\n', ''])('never leaves the container’s cgroup for %j', (cgroup) => {
    withHost('memory\n', cgroup, (root) => expect(() => follow(root)).toThrow(expect.objectContaining({ code: 'ERR_TEU_CGROUP' })))
  })

  it('has nothing to do on v1, or when the cgroup is gone', () => {
    const location = at(HYBRID)
    expect(followInit(location, 7)).toBe(location)
    expect(followInit(at(V2, '/teu-test-none'), 7)).toEqual(at(V2, '/teu-test-none'))
  })
})
