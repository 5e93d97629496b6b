/** What to write to a cgroup file to undo another write. Pure. */

/** Texts that take one device's setting away, by file. */
const RESETS: readonly (readonly [file: RegExp, rest: string])[] = [
  [/^io\.max$/, 'rbps=max wbps=max riops=max wiops=max'],
  [/^io\.(bfq\.)?weight$|^blkio\.(bfq\.)?weight_device$/, 'default'],
  [/^blkio\.throttle\./, '0'],
  [/^rdma\.max$/, 'hca_handle=max hca_object=max'],
  [/^net_prio\.ifpriomap$/, '0'],
]

/** Works out the undo.
 *  @param file  name of the cgroup file
 *  @param value  what is going to be written
 *  @param content  what the file says now
 *  @returns  undefined when nothing can or need be undone */
export function formerValue(file: string, value: string, content: string | undefined): string | undefined {
  if (content === undefined) return undefined
  const lines = content.split('\n').filter((line) => line !== '')
  if (file === 'memory.oom_control') return /^oom_kill_disable (\d)/m.exec(content)?.[1]
  // A weight of 0 is how an idle cgroup shows it; it cannot be written, and comes back with cpu.idle.
  if (file === 'cpu.weight' && content.trim() === '0') return undefined
  const key = /^(\S+) /.exec(value)?.[1]
  const reset = RESETS.find(([pattern]) => pattern.test(file))
  if (key !== undefined && reset) return lines.find((line) => line.startsWith(`${key} `)) ?? `${key} ${reset[1]}`
  const byDefault = lines.find((line) => line.startsWith('default '))
  if (byDefault !== undefined) return byDefault
  if (key !== undefined && lines.length > 1) return lines.find((line) => line.startsWith(`${key} `))
  if (lines.length > 1) return undefined
  return lines[0] ?? '\n'
}
