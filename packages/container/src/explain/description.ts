import type { StepName, StepOf } from '@teu/init'

/** What a sentence may need beside its step. */
export interface DescribeContext {
  /** What is in a slot: `the root file system`, `the clone of /data`. */
  readonly slot: (slot: number) => string
  readonly showEnv: boolean
}

/** How one operation is told. */
export interface Description<N extends StepName> {
  /** System calls that it makes, the important ones, in order. */
  readonly calls: readonly string[]
  readonly text: (step: StepOf<N>, context: DescribeContext) => string
  /** What is in the slots that the step fills. */
  readonly fills?: (step: StepOf<N>, context: DescribeContext) => readonly (readonly [slot: number, what: string])[]
}

/** Descriptions of some operations. */
export type Descriptions<N extends StepName> = { readonly [K in N]: Description<K> }
