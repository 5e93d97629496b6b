/** The real {@link Library}. */

import { Containers, explainPlan, MOUNT_OPTION_WORDS, NAMESPACE_TYPES, SECCOMP_ARCHITECTURES, toRuncStats } from '@teu/container'
import type { Library } from './library.ts'

/** The library that is installed beside the command line. */
export const library: Library = {
  open: async (options) => await Containers.open(options),
  explain: async (id, { open, ...options }, { format }) => {
    const containers = await Containers.open(open)
    return explainPlan(containers.plan(id, options, 'create'), { format })
  },
  statsDocument: toRuncStats,
  facts: {
    mountOptions: MOUNT_OPTION_WORDS,
    namespaces: NAMESPACE_TYPES,
    seccompArchs: SECCOMP_ARCHITECTURES,
    // Nothing in an annotation changes what happens.
    unsafeAnnotations: [],
  },
}
