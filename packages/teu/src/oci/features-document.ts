/** What teu knows, in the shape of the OCI features document. Nothing here looks at the machine. */

import {
  CAPABILITIES,
  type Features,
  MEMORY_POLICY_FLAGS,
  MEMORY_POLICY_MODES,
  OCI_VERSION,
  SECCOMP_ACTIONS,
  SECCOMP_FLAGS,
  SECCOMP_OPERATORS,
} from '@teu/spec'
import type { FeatureFacts } from '../cli/library.ts'
import { commit, OCI_VERSION_MIN, VERSION } from '../cli/version.ts'

/** Pure. @see runtime-spec features.md and features-linux.md */
export function featuresDocument(facts: FeatureFacts): Features {
  return {
    ociVersionMin: OCI_VERSION_MIN,
    ociVersionMax: OCI_VERSION,
    hooks: ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'],
    mountOptions: [...facts.mountOptions].sort(),
    linux: {
      namespaces: [...facts.namespaces].sort(),
      capabilities: CAPABILITIES,
      cgroup: { v1: true, v2: true, systemd: true, systemdUser: true, rdma: true },
      seccomp: {
        enabled: true,
        actions: SECCOMP_ACTIONS,
        operators: SECCOMP_OPERATORS,
        archs: facts.seccompArchs,
        knownFlags: SECCOMP_FLAGS,
        supportedFlags: SECCOMP_FLAGS,
      },
      apparmor: { enabled: true },
      selinux: { enabled: true },
      intelRdt: { enabled: false },
      memoryPolicy: { modes: MEMORY_POLICY_MODES, flags: MEMORY_POLICY_FLAGS },
      mountExtensions: { idmap: { enabled: true } },
      netDevices: { enabled: true },
    },
    annotations: {
      'dev.teu.version': VERSION,
      'dev.teu.commit': commit(),
      'dev.teu.checkpoint.enabled': 'false',
    },
    potentiallyUnsafeConfigAnnotations: facts.unsafeAnnotations,
  }
}
