/** Plans that are a few parent steps on a container that exists: signals, freezing, hooks. */

import type { Plan, Step } from '@teu/init'
import type { Hook, Spec } from '@teu/spec'
import type { Transport } from '../helper/transport.ts'
import { hookSteps } from '../plan/hooks.ts'
import { PlanRun } from './plan-run.ts'

export interface ActContext {
  readonly transport: Transport
  readonly containerId: string
  readonly operation: string
}

/** Runs `steps` in the parent stage and waits for the end.
 *  @throws {TeuError} the first failure */
export async function act(context: ActContext, steps: readonly Step[], signal?: AbortSignal): Promise<void> {
  if (steps.length === 0) return
  signal?.throwIfAborted()
  const run = startAct(context, steps)
  const abort = (): void => run.release()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    await run.finished
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

/** Like {@link act}, without waiting. */
export function startAct(context: ActContext, steps: readonly Step[], onEvent?: (value: bigint) => void): PlanRun {
  const plan: Plan = { parent: steps, joiner: [], container: [], after: [] }
  return new PlanRun({ ...context, plan: () => plan, ...(onEvent && { onEvent }) })
}

/** Runs host-side hooks after the container process was made (poststart) or is gone (poststop).
 *  @param pid  0 when there is no process any more */
export async function runHooks(
  context: ActContext,
  kind: 'poststart' | 'poststop',
  container: { readonly spec: Spec; readonly bundle: string; readonly pid: number },
): Promise<void> {
  const hooks: readonly Hook[] = container.spec.hooks?.[kind] ?? []
  if (hooks.length === 0) return
  const steps = hookSteps(kind, { id: context.containerId, spec: container.spec, bundle: container.bundle, knownPid: container.pid })
  if (kind === 'poststart') return await act(context, steps)
  // One failing poststop hook does not keep the others from running.
  const failures: unknown[] = []
  for (const step of steps) await act(context, [step]).catch((error: unknown) => failures.push(error))
  // oxlint-disable-next-line only-throw-error -- the first of what `act` has thrown
  if (failures.length > 0) throw failures[0]
}
