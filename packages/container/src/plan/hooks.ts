/** Hooks as steps, with the state document that they read. Pure. */

import type { StepOf } from '@teu/init'
import type { ContainerStatus, Hook, HookName, Spec } from '@teu/spec'
import { configError } from './config-error.ts'

/** Whose hooks they are. */
export interface HookContext {
  readonly id: string
  readonly spec: Spec
  readonly bundle: string
  /** Host pid of init, in plans that have no container process of their own. 0: there is none any more. */
  readonly knownPid?: number
}

/** The status that the state document shows at each point. @see runtime-spec runtime.md "Lifecycle" */
const STATUS: Readonly<Record<HookName, ContainerStatus>> = {
  prestart: 'creating',
  createRuntime: 'creating',
  createContainer: 'creating',
  startContainer: 'created',
  poststart: 'running',
  poststop: 'stopped',
}

const MAX_TIMEOUT_MS = 0xffffffff

/** One step for each hook of a kind, in order.
 *
 *  A hook gets exactly its own environment, the working directory "/" and descriptors 0 to 2. A `startContainer` hook without `env` gets
 *  that of the container's process, inside the container. Paths are opened by the step itself: host paths before the root is changed,
 *  container paths after.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID for a path that is not absolute
 *  @see runtime-spec config.md "POSIX-platform Hooks" */
export function hookSteps(kind: HookName, context: HookContext): StepOf<'hook'>[] {
  return (context.spec.hooks?.[kind] ?? []).map((hook, index) => {
    const pointer = `/hooks/${kind}/${index}`
    if (!hook.path.startsWith('/')) throw configError(`${pointer}/path`, `a hook needs an absolute path, got ${JSON.stringify(hook.path)}`)
    return {
      op: 'hook',
      path: hook.path,
      args: hook.args !== undefined && hook.args.length > 0 ? hook.args : [hook.path],
      env: hook.env ?? (kind === 'startContainer' ? (context.spec.process?.env ?? []) : []),
      cwd: '/',
      ...stateDocument(STATUS[kind], context),
      timeoutMs: timeoutMs(hook),
      pointer,
    }
  })
}

/** True when hooks run between the mounts and the change of root: they may mount below `root.path`. */
export function hasHooksBeforePivot({ hooks }: Spec): boolean {
  return [hooks?.prestart, hooks?.createRuntime, hooks?.createContainer].some((list) => list !== undefined && list.length > 0)
}

/** The state document in two halves, between which the pid goes; with a known pid it is whole and the second half is empty. */
export function stateDocument(status: ContainerStatus, context: HookContext): { stateHead: Uint8Array; stateTail: Uint8Array } {
  const { id, spec, bundle, knownPid } = context
  const head = { ociVersion: spec.ociVersion, id, status }
  const tail = { bundle, ...(spec.annotations && { annotations: spec.annotations }) }
  if (knownPid !== undefined) {
    const whole = { ...head, ...(knownPid > 0 && { pid: knownPid }), ...tail }
    return { stateHead: encode(JSON.stringify(whole)), stateTail: new Uint8Array() }
  }
  return {
    stateHead: encode(`${JSON.stringify(head).slice(0, -1)},"pid":`),
    stateTail: encode(`,${JSON.stringify(tail).slice(1)}`),
  }
}

function timeoutMs({ timeout }: Hook): number {
  return timeout === undefined ? 0 : Math.min(Math.max(1, Math.round(timeout * 1000)), MAX_TIMEOUT_MS)
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
