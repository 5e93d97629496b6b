import type { MemoryPolicyFlag, MemoryPolicyMode } from '../types/linux.ts'
import type { Fields } from './fields.ts'
import { idListRule } from './id-list.ts'
import { emptyOr, oneOf } from './rules.ts'

/** Modes of set_mempolicy(2) in the order of their kernel numbers. */
export const MEMORY_POLICY_MODES: readonly MemoryPolicyMode[] = [
  'MPOL_DEFAULT',
  'MPOL_PREFERRED',
  'MPOL_BIND',
  'MPOL_INTERLEAVE',
  'MPOL_LOCAL',
  'MPOL_PREFERRED_MANY',
  'MPOL_WEIGHTED_INTERLEAVE',
]
/** Mode flags of set_mempolicy(2). */
export const MEMORY_POLICY_FLAGS: readonly MemoryPolicyFlag[] = ['MPOL_F_STATIC_NODES', 'MPOL_F_RELATIVE_NODES', 'MPOL_F_NUMA_BALANCING']

/** Checks `linux.memoryPolicy`. @see runtime-spec config-linux.md "Memory Policy"; set_mempolicy(2) */
export function checkMemoryPolicy(policy: Fields | undefined): void {
  if (policy === undefined) return
  policy.require('mode')
  const mode = policy.word('mode', MEMORY_POLICY_MODES)
  policy.string('nodes', emptyOr(idListRule))
  const flags = policy.strings('flags', oneOf(MEMORY_POLICY_FLAGS)) ?? []
  if (flags.includes('MPOL_F_STATIC_NODES') && flags.includes('MPOL_F_RELATIVE_NODES')) {
    policy.problem('flags', 'MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other')
  }
  if (mode === undefined) return
  const hasNodes = Boolean(policy.value('nodes'))
  if (mode === 'MPOL_DEFAULT' || mode === 'MPOL_LOCAL') {
    if (hasNodes) policy.problem('nodes', `has no meaning for ${mode}`)
  } else if (!hasNodes && mode !== 'MPOL_PREFERRED') policy.problem('nodes', `required for ${mode}`)
}
