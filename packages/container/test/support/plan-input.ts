/** Configs and facts for tests of the plan compiler: small, complete, and changed one property at a time. */

import { NO_SLOT, type Plan, type Step, type StepName, type StepOf } from '@teu/init'
import { isTeuError, type Linux, type LinuxNamespaceType, type Process, type Spec, type TeuError } from '@teu/spec'
import type { HostFacts } from '../../src/host-facts.ts'
import type { CreatePlanInput } from '../../src/plan/create-input.ts'
import type { ExecPlanInput } from '../../src/plan/exec.ts'
import { V2 } from './cgroup-hosts.ts'

/** Root in the initial user namespace of a v2 machine. */
export function rootHost(changes: Partial<HostFacts> = {}): HostFacts {
  return {
    kernel: [6, 1],
    machine: 'x86_64',
    euid: 0,
    egid: 0,
    rootless: false,
    capabilities: 0x1ff_ffff_ffffn,
    lastCapability: 40,
    cgroup: V2,
    apparmor: false,
    selinux: false,
    ownNamespaces: { net: 'net:[1]', ipc: 'ipc:[2]', uts: 'uts:[3]', pid: 'pid:[4]', user: 'user:[5]', cgroup: 'cgroup:[6]' },
    ...changes,
  }
}

/** An ordinary user without any right. */
export function userHost(changes: Partial<HostFacts> = {}): HostFacts {
  return rootHost({ euid: 1000, egid: 1000, rootless: true, capabilities: 0n, ...changes })
}

export const NAMESPACES: readonly LinuxNamespaceType[] = ['pid', 'network', 'ipc', 'uts', 'mount']

/** Changes to a small valid config; `process` and `linux` are merged one level deep. */
export interface SpecChanges extends Omit<Partial<Spec>, 'process' | 'linux'> {
  process?: Partial<Process>
  linux?: Partial<Linux>
}

export function smallSpec({ process, linux, ...changes }: SpecChanges = {}): Spec {
  return {
    ociVersion: '1.2.0',
    process: { user: { uid: 0, gid: 0 }, args: ['/bin/true'], cwd: '/', env: ['HOME=/'], ...process },
    root: { path: '/bundle/rootfs' },
    linux: { namespaces: NAMESPACES.map((type) => ({ type })), ...linux },
    ...changes,
  }
}

/** A user namespace with the usual range of ids. */
export const USER_NAMESPACE: Pick<Linux, 'namespaces' | 'uidMappings' | 'gidMappings'> = {
  namespaces: [...NAMESPACES, 'user' as const].map((type) => ({ type })),
  uidMappings: [{ containerID: 0, hostID: 100000, size: 65536 }],
  gidMappings: [{ containerID: 0, hostID: 200000, size: 65536 }],
}

/** The same for an ordinary user's own ids. */
export const OWN_IDS: Pick<Linux, 'namespaces' | 'uidMappings' | 'gidMappings'> = {
  namespaces: [...NAMESPACES, 'user' as const].map((type) => ({ type })),
  uidMappings: [{ containerID: 0, hostID: 1000, size: 1 }],
  gidMappings: [{ containerID: 0, hostID: 1000, size: 1 }],
}

export function createInput(spec: SpecChanges = {}, changes: Partial<Omit<CreatePlanInput, 'spec'>> = {}): CreatePlanInput {
  return {
    id: 'web',
    spec: smallSpec(spec),
    bundle: '/bundle',
    host: rootHost(),
    mode: 'run',
    stateDir: '/run/teu/web',
    cgroup: { setup: [], after: [], beforeClone: [], cloneSlot: NO_SLOT, afterClone: [] },
    stdio: [{ kind: 'inherit' }, { kind: 'inherit' }, { kind: 'inherit' }],
    ...changes,
  }
}

export function execInput(spec: SpecChanges = {}, changes: Partial<Omit<ExecPlanInput, 'spec'>> = {}): ExecPlanInput {
  const config = smallSpec(spec)
  return {
    id: 'web',
    spec: config,
    process: config.process as Process,
    bundle: '/bundle',
    host: rootHost(),
    mode: 'exec',
    init: { pid: 77, startTime: 1234n },
    cgroup: { beforeClone: [], cloneSlot: NO_SLOT, afterClone: [] },
    stdio: [{ kind: 'inherit' }, { kind: 'inherit' }, { kind: 'inherit' }],
    ...changes,
  }
}

/** Names of steps, in order. */
export function ops(steps: readonly Step[]): StepName[] {
  return steps.map(({ op }) => op)
}

/** All steps of one operation. */
export function all<N extends StepName>(steps: readonly Step[], op: N): StepOf<N>[] {
  return steps.filter((step) => step.op === op) as StepOf<N>[]
}

/** The one step of an operation.
 *  @throws {Error} when there is none, or there are several */
export function only<N extends StepName>(steps: readonly Step[], op: N): StepOf<N> {
  const [step, ...more] = all(steps, op)
  if (step === undefined || more.length > 0) throw new Error(`expected one step ${op}, got ${more.length + (step ? 1 : 0)}`)
  return step
}

/** Position of the one step that matches. */
export function position(steps: readonly Step[], matches: (step: Step) => boolean): number {
  const index = steps.findIndex(matches)
  if (index < 0) throw new Error('no step matches')
  return index
}

/** Every step of a plan, whatever its stage. */
export function everyStep(plan: Plan): Step[] {
  return [...plan.parent, ...plan.joiner, ...plan.container, ...plan.after]
}

export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

/** The error that `action` throws. */
export function failure(action: () => unknown): TeuError {
  try {
    action()
  } catch (error) {
    if (isTeuError(error)) return error
    throw error
  }
  throw new Error('expected a TeuError, nothing was thrown')
}
