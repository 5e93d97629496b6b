/** What teu knows, in the shape of the OCI features document. Nothing here looks at the machine. */

import {
  CAPABILITIES,
  type Features,
  type LinuxNamespaceType,
  MEMORY_POLICY_FLAGS,
  MEMORY_POLICY_MODES,
  OCI_VERSION,
  SECCOMP_ACTIONS,
  SECCOMP_FLAGS,
  SECCOMP_OPERATORS,
} from '@teu/spec'
import { commit, OCI_VERSION_MIN, VERSION } from '../cli/version.ts'

const NAMESPACES: readonly LinuxNamespaceType[] = ['cgroup', 'ipc', 'mount', 'network', 'pid', 'time', 'user', 'uts']
/** Those whose system call numbers are known. */
const SECCOMP_ARCHS: readonly string[] = ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM', 'SCMP_ARCH_X32', 'SCMP_ARCH_X86', 'SCMP_ARCH_X86_64']
/** Annotations that change what happens on the host; the dot at the end makes it a prefix. */
const UNSAFE_ANNOTATIONS: readonly string[] = ['org.systemd.property.']

/** Pure.
 *  @param mountOptions  the words that have a meaning of their own, sorted
 *  @see runtime-spec features.md and features-linux.md */
export function featuresDocument(mountOptions: readonly string[]): Features {
  return {
    ociVersionMin: OCI_VERSION_MIN,
    ociVersionMax: OCI_VERSION,
    hooks: ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'],
    mountOptions,
    linux: {
      namespaces: NAMESPACES,
      capabilities: CAPABILITIES,
      cgroup: { v1: true, v2: true, systemd: true, systemdUser: true, rdma: true },
      seccomp: {
        enabled: true,
        actions: SECCOMP_ACTIONS,
        operators: SECCOMP_OPERATORS,
        archs: SECCOMP_ARCHS,
        knownFlags: SECCOMP_FLAGS,
        supportedFlags: SECCOMP_FLAGS,
      },
      apparmor: { enabled: true },
      selinux: { enabled: true },
      intelRdt: { enabled: true, schemata: true, monitoring: true },
      memoryPolicy: { modes: MEMORY_POLICY_MODES, flags: MEMORY_POLICY_FLAGS },
      mountExtensions: { idmap: { enabled: true } },
      netDevices: { enabled: true },
    },
    annotations: {
      'dev.teu.version': VERSION,
      'dev.teu.commit': commit(),
      'dev.teu.checkpoint.enabled': 'false',
    },
    potentiallyUnsafeConfigAnnotations: UNSAFE_ANNOTATIONS,
  }
}
