import type { LinuxMemoryPolicy, MemoryPolicyFlag, MemoryPolicyMode } from '../types/linux.ts'
import { idListRule } from './id-list.ts'
import { emptyOr } from './rules.ts'
import { type ObjectShape, own } from './shape.ts'

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

/** `linux.memoryPolicy`. @see runtime-spec config-linux.md "Memory Policy"; set_mempolicy(2) */
export const MEMORY_POLICY_SHAPE: ObjectShape<LinuxMemoryPolicy> = {
  is: 'object',
  required: ['mode'],
  fields: {
    mode: { is: 'word', of: MEMORY_POLICY_MODES },
    nodes: { is: 'text', rule: emptyOr(idListRule) },
    flags: { is: 'list', of: { is: 'word', of: MEMORY_POLICY_FLAGS } },
  },
  check(policy, place, report) {
    const { mode } = policy
    const hasNodes = Boolean(own(policy, 'nodes'))
    const flags = own(policy, 'flags') ?? []
    if (flags.includes('MPOL_F_STATIC_NODES') && flags.includes('MPOL_F_RELATIVE_NODES')) {
      report.problem({ up: place, key: 'flags' }, 'MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other')
    }
    const takesNone = mode === 'MPOL_DEFAULT' || mode === 'MPOL_LOCAL'
    if (takesNone && hasNodes) report.problem({ up: place, key: 'nodes' }, `has no meaning for ${mode}`)
    if (!takesNone && !hasNodes && mode !== 'MPOL_PREFERRED') report.problem({ up: place, key: 'nodes' }, `required for ${mode}`)
  },
}
