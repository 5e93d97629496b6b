/** Plans that are a few parent steps on a container that exists: signals, freezing, hooks. */

import type { Plan, Step } from '@teu/init'
import type { Hook, Spec } from '@teu/spec'
import { OnceTransport } from '../helper/once.ts'
import { sharedSpawner } from '../helper/spawner.ts'
import type { Transport } from '../helper/transport.ts'
import { hookSteps } from '../plan/hooks.ts'
import { PlanRun } from './plan-run.ts'
import type { HelperKind } from './stdio.ts'

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
  // The container is gone: a hook that fails now is worth a warning, and no reason to leave the others out.
  for (const step of steps) {
    await act(context, [step]).catch((error: unknown) => {
      process.emitWarning(`container "${context.containerId}": ${error instanceof Error ? error.message : String(error)}`, 'TeuWarning')
    })
  }
}

/** The helper for acts on a container that exists, or has just gone: the state directory may be gone too, the root is always there. */
export function actTransport({ helper, root }: { readonly helper: HelperKind; readonly root: string }): Transport {
  return helper === 'spawner' ? sharedSpawner() : new OnceTransport({ directory: root })
}
