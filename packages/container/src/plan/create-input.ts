import type { Step } from '@teu/init'
import type { Spec } from '@teu/spec'
import type { CgroupJoinInput, ProgramInput } from './input.ts'

/** `create`: init waits at the gate, teu-init exits. `create-supervised`: init waits at the gate, teu-init stays. `run`: no gate, teu-init
 *  stays. In all three the hooks up to startContainer are part of the plan; `poststart` is not, because only the caller learns when the
 *  program has been executed (STARTED): it runs `hookSteps('poststart', …)` then. */
export type CreateMode = 'create' | 'create-supervised' | 'run'

/** What the plan of a container is compiled from. */
export interface CreatePlanInput extends ProgramInput {
  /** Validated, with `root.path` absolute. */
  readonly spec: Spec
  readonly mode: CreateMode
  /** Absolute directory of the container's state: `init`, `exit`, `gate` and `gate-status` are made there. */
  readonly stateDir: string
  readonly cgroup: CgroupJoinInput & {
    readonly setup: readonly Step[]
    readonly after: readonly Step[]
    /** The container's directory in each hierarchy, v1 by controller, v2 under ''. Without an entry a mount of type `cgroup` shows the
     *  caller's own cgroup, read-only. */
    readonly paths?: Readonly<Record<string, string>>
  }
  /** Path of a joined namespace → its link text (`net:[4026531840]`), to tell those of the host. A path that is missing here counts as
   *  the host's wherever that matters. */
  readonly namespaceLinks?: Readonly<Record<string, string>>
  readonly noPivot?: boolean
  /** The root is an overlay in memory over `root.path`, which stays as it is. */
  readonly rootOverlay?: boolean
  /** Host directory, bound read-only at /run/notify, in which the sd_notify socket `notify.sock` is. */
  readonly notifySocketDir?: string
  /** Write the exit status to `exit` in `stateDir`. Default: in `create-supervised` only. */
  readonly recordExit?: boolean
}
