import type { Step, StepName } from '@teu/init'
import { SLOT } from '../plan/slots.ts'
import { FILES } from './describe-files.ts'
import { LIFECYCLE } from './describe-lifecycle.ts'
import { MOUNTS } from './describe-mounts.ts'
import { PROCESS } from './describe-process.ts'
import type { DescribeContext, Description, Descriptions } from './description.ts'

/** Every operation of teu-init in words; a new one without words does not compile. */
const DESCRIPTIONS: Descriptions<StepName> = { ...FILES, ...MOUNTS, ...PROCESS, ...LIFECYCLE }

/** What is in the slots with a fixed meaning. */
const FIXED: Readonly<Partial<Record<number, string>>> = {
  [SLOT.root]: 'the root file system',
  [SLOT.hostProc]: 'a private procfs',
  [SLOT.nullDevice]: 'the null device',
  [SLOT.emptyDirectory]: 'an empty directory',
  [SLOT.nullStream]: 'the null device',
  [SLOT.gate]: 'the gate',
  [SLOT.gateStatus]: 'its status line',
  [SLOT.hostRoot]: "the host's root",
}

/** One step in words. */
export interface DescribedStep {
  readonly text: string
  readonly calls: readonly string[]
}

/** Tells steps in the order in which they run, and remembers what each slot holds. */
export class StepTeller implements DescribeContext {
  readonly showEnv: boolean
  readonly #contents = new Map<number, string>()

  constructor(options: { readonly showEnv: boolean }) {
    this.showEnv = options.showEnv
  }

  /** Used without its object by the sentences. */
  readonly slot = (slot: number): string => FIXED[slot] ?? this.#contents.get(slot) ?? `pipe ${slot} of the caller`

  describe(step: Step): DescribedStep {
    const { calls, text, fills } = DESCRIPTIONS[step.op] as Description<StepName>
    for (const [slot, what] of fills?.(step, this) ?? []) this.#contents.set(slot, what)
    return { text: text(step, this), calls }
  }
}
