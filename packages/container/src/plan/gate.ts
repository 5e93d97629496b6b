import type { Step } from '@teu/init'
import type { CreatePlanInput } from './create-input.ts'
import { O_RDWR } from './kernel-flags.ts'
import { SLOT } from './slots.ts'

/** Parent steps that make and open the two FIFOs of the gate. `gate` comes last: its existence is the status `created`. Both are opened
 *  both ways, so that waiting at them never ends because somebody else went away. */
export function planGate({ stateDir, host, mode }: Pick<CreatePlanInput, 'stateDir' | 'host' | 'mode'>): Step[] {
  if (mode === 'run') return []
  const fifo = (slot: number, path: string): Step[] => [
    { op: 'mkfifo', path, mode: 0o600, uid: host.euid, gid: host.egid },
    { op: 'open', slot, path, flags: O_RDWR, mode: 0 },
  ]
  return [...fifo(SLOT.gateStatus, `${stateDir}/gate-status`), ...fifo(SLOT.gate, `${stateDir}/gate`)]
}
