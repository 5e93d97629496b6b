import type { LinuxNamespace, LinuxNamespaceType } from '../types/linux.ts'
import { absolutePath } from './rules.ts'
import { type ListShape, type ObjectShape, own } from './shape.ts'

const TYPES: readonly LinuxNamespaceType[] = ['pid', 'network', 'mount', 'ipc', 'uts', 'user', 'cgroup', 'time']

const NAMESPACE: ObjectShape<LinuxNamespace> = {
  is: 'object',
  required: ['type'],
  fields: { type: { is: 'word', of: TYPES }, path: { is: 'text', rule: absolutePath } },
}

/** `linux.namespaces`. @see runtime-spec config-linux.md "Namespaces" */
export const NAMESPACES_SHAPE: ListShape<LinuxNamespace> = { is: 'list', of: NAMESPACE, unique: 'type' }

/** How the container gets a namespace: its own, one joined by path, or the host's. */
export function namespaceKind(namespaces: readonly LinuxNamespace[] | undefined, type: LinuxNamespaceType): 'new' | 'joined' | 'host' {
  if (namespaces === undefined) return 'host'
  for (const namespace of namespaces) if (namespace.type === type) return own(namespace, 'path') === undefined ? 'new' : 'joined'
  return 'host'
}
