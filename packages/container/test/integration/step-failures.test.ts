/** Every step of a plan fails in turn, and after each failure nothing is left: no process, mount, cgroup, directory or descriptor. */

import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Plan, planSteps, type Stage, STAGES, type Step } from '@teu/init'
import { isTeuError, type Spec } from '@teu/spec'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { baseConfig } from '../../../../tests/harness/base-config.ts'
import { makeRootfs } from '../../../../tests/harness/bundle.ts'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import { eventually, patience } from '../../../../tests/harness/wait.ts'
import { Containers } from '../../src/containers.ts'
import { sharedSpawner } from '../../src/helper/spawner.ts'
import { probeHost } from '../../src/probe/probe-host.ts'

let directory = ''
let containers: Containers

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'teu-steps-'))
  makeRootfs(`${directory}/rootfs`)
  containers = await Containers.open({ root: `${directory}/state` })
})
afterAll(async () => {
  await sharedSpawner().close()
  rmSync(directory, { recursive: true })
})

/** A config that has a step of nearly every kind in its plan. */
function richConfig(): Spec {
  const { cgroupsPath: _default, ...linux } = baseConfig([], '').linux
  const config = { ...baseConfig(['true'], ''), linux }
  const hook = { path: '/bin/true', args: ['true'] }
  return {
    ...config,
    process: {
      ...config.process,
      cwd: '/made/for/this',
      user: { uid: 1000, gid: 1000, additionalGids: [5] },
      args: ['/bin/true'],
      oomScoreAdj: 100,
    },
    mounts: [
      ...(config.mounts ?? []),
      { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['size=64k', 'tmpcopyup'] },
      { destination: '/host', type: 'bind', source: directory, options: ['rbind', 'ro'] },
    ],
    hooks: { prestart: [hook], createRuntime: [hook], createContainer: [hook], startContainer: [hook] },
    linux: {
      ...config.linux,
      sysctl: { 'net.ipv4.ip_forward': '0' },
      resources: { ...config.linux?.resources, memory: { limit: 64 * 1024 * 1024 }, pids: { limit: 50 }, cpu: { shares: 512 } },
      seccomp: { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_ERRNO' }] },
    },
  }
}

/** What must be the same before and after. */
function machine(): Record<string, unknown> {
  const cgroups: string[] = []
  for (const { mountPoint } of [...probeHost().cgroup.v1, ...(probeHost().cgroup.v2 ? [probeHost().cgroup.v2] : [])] as {
    mountPoint: string
  }[]) {
    cgroups.push(...readdirSync(mountPoint).filter((name) => name.startsWith('teu-fail')))
  }
  return {
    cgroups,
    mounts: readFileSync('/proc/self/mountinfo', 'utf8'),
    state: readdirSync(containers.root),
    rootfs: readdirSync(directory),
    ownFds: readdirSync('/proc/self/fd').filter((fd) => !isAnonymous(fd)).length,
  }
}

function spawnerPid(): string | undefined {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ')
  return children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('teu-init\0spawner'))
}

/** What the spawner holds: descriptors, and stages that have not ended. A stage needs a moment to end after its last frame. What it has
 *  ready for a next plan, a process and a line to it, belongs to no plan. */
function spawnerFacts(): { fds: number; children: string } {
  const spawner = spawnerPid()
  const children = readFileSync(`/proc/${spawner}/task/${spawner}/children`, 'utf8').trim().split(' ').filter(Boolean)
  const stages = children.filter((pid) => nameOf(pid) !== 'teu:spare')
  return { fds: readdirSync(`/proc/${spawner}/fd`).length - (children.length - stages.length), children: stages.join(' ') }
}

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return ''
  }
}

async function spawnerHolds(expected: { fds: number; children: string }): Promise<void> {
  const same = (): true | undefined => {
    const { fds, children } = spawnerFacts()
    return (fds === expected.fds && children === expected.children) || undefined
  }
  await eventually(`the spawner holds ${JSON.stringify(expected)}`, same, 2_000)
}

/** What the spawner holds when it has nothing to do. */
async function idleSpawner(): Promise<{ fds: number; children: string }> {
  let last = spawnerFacts()
  const settled = async (): Promise<true | undefined> => {
    await delay(20)
    const now = spawnerFacts()
    const same = now.fds === last.fds && now.children === '' && last.children === ''
    last = now
    return same || undefined
  }
  await eventually('the spawner is idle', settled, 2_000)
  return last
}

/** Descriptors of the test runner's own machinery come and go. */
function isAnonymous(fd: string): boolean {
  try {
    return /^(anon_inode|socket|pipe):/.test(readlinkSync(`/proc/self/fd/${fd}`))
  } catch {
    return true
  }
}

/** A step that cannot succeed, in any stage. */
const FAILING: Step = { op: 'open', slot: 4000, path: '/this/does/not/exist', flags: 0, mode: 0 }

/** The plan with a step that fails in the place of step `index`, which comes after it. */
function withFailure(plan: Plan, index: number): Plan {
  let offset = 0
  const stages = {} as Record<Stage, readonly Step[]>
  for (const stage of Object.keys(STAGES) as Stage[]) {
    const steps = plan[stage]
    stages[stage] = steps.flatMap((step, position) => (offset + position === index ? [FAILING, step] : [step]))
    offset += steps.length
  }
  return stages
}

describeIf('a failing step', [needsRoot], () => {
  for (const mode of ['run', 'create'] as const) {
    it(`leaves nothing behind, whichever of ${mode} it is`, { timeout: 240_000 * patience }, async () => {
      const options = { bundle: directory, spec: richConfig(), stdio: 'null' } as const
      // The first use starts the spawner, which stays.
      expect((await containers.run('teu-warm', options)).exitCode).toBe(0)
      const plan = containers.plan('fail', options, mode === 'run' ? 'run' : 'create-supervised')
      const idle = await idleSpawner()
      const before = machine()
      const spawner = sharedSpawner()
      const submit = spawner.submit.bind(spawner)
      const steps = planSteps(plan).slice(0, plan.parent.length + plan.joiner.length + plan.container.length)
      let tried = 0
      try {
        for (const [index, step] of steps.entries()) {
          // Waiting for the other side is undone by that side's failure; what comes after the gate belongs to `start`.
          if (step.op === 'gate') break
          spawner.submit = ({ encoded: _forAnotherPlan, ...submission }) => {
            spawner.submit = submit
            return submit({ ...submission, plan: () => withFailure(submission.plan(), index) })
          }
          const attempt = mode === 'run' ? containers.run('fail', options) : containers.create('fail', options)
          const error = await attempt.then(
            () => undefined,
            (reason: unknown) => reason,
          )
          expect(isTeuError(error), `step ${index} ${step.op} gave ${String(error)}`).toBe(true)
          if (isTeuError(error)) expect(error.step?.index, `${step.op}: ${error.message}`).toBe(index)
          await spawnerHolds(idle)
          expect(machine(), `after the failure of step ${index} ${step.op}`).toEqual(before)
          tried += 1
        }
      } finally {
        spawner.submit = submit
      }
      expect(tried).toBeGreaterThan(80)
    })
  }
})
