/** Names of kernel parameters. @see sysctl(8), proc_sys(5) */

const IPC =
  /^(?:kernel\/(?:sem|msgmax|msgmnb|msgmni|shmall|shmmax|shmmni|shm_rmid_forced|sem_next_id|msg_next_id|shm_next_id)|fs\/mqueue\/\w+)$/

/**
 * Path below `/proc/sys` that a sysctl key names, by the rule of sysctl(8): whichever of `.` and `/` comes first separates, the other
 * one stands for a literal `.` in a name (`net.ipv4.conf.eth0/100.forwarding`). Pure.
 * @returns undefined for a key that is none: odd characters, empty components, `.` or `..`
 */
export function sysctlPath(key: string): string | undefined {
  if (!/^[\w./@:-]{1,255}$/.test(key)) return undefined
  const dot = key.indexOf('.')
  const slash = key.indexOf('/')
  const isDotted = dot !== -1 && (slash === -1 || dot < slash)
  const path = isDotted ? key.replace(/[./]/g, (char) => (char === '.' ? '/' : '.')) : key
  const components = path.split('/')
  return components.length > 1 && components.every((part) => part !== '' && part !== '.' && part !== '..') ? path : undefined
}

/**
 * The kind of namespace that a sysctl belongs to, by its path from {@link sysctlPath}.
 * @returns undefined for parameters of the whole machine
 */
export function sysctlNamespace(path: string): 'ipc' | 'network' | 'uts' | 'user' | undefined {
  if (path.startsWith('net/')) return 'network'
  if (IPC.test(path)) return 'ipc'
  if (path === 'kernel/hostname' || path === 'kernel/domainname') return 'uts'
  return path.startsWith('user/') ? 'user' : undefined
}
