/**
 * Which cgroup is the container's own.
 *
 * A pid alone proves nothing: an engine may live in another pid namespace, where its numbers mean other processes, and a number is used
 * again after a process has ended. But engines name the cgroup of a container for its id. So a process is believed to be the container's
 * when its cgroup, or one above, has that name; and that one is the cgroup which counts, whatever the container has made below it for
 * itself. A container that was given no cgroup of its own has no usage of its own either.
 */

/** The container's cgroup in each hierarchy, as in /proc/PID/cgroup. */
export interface OwnCgroups {
  readonly v2: string | undefined
  /** Controller of v1 → path. */
  readonly v1: ReadonlyMap<string, string>
}

/** @param text  /proc/PID/cgroup: lines `ID:CONTROLLERS:PATH`; v2 has no controllers
 *  @see cgroups(7) */
export function ownCgroups(text: string, id: string): OwnCgroups {
  let v2: string | undefined
  const v1 = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, controllers, path = ''] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    const own = controllers === undefined ? undefined : partNamedFor(path, id)
    if (controllers === undefined || own === undefined) continue
    if (controllers === '') v2 = own
    else for (const controller of controllers.split(',')) v1.set(controller, own)
  }
  return { v2, v1 }
}

/** What only a machine makes up, and makes up once. */
const UNIQUE_ID = /^[0-9a-f]{64}$/

/** The path down to the first name that is made of the id: `ID`, or for ids that cannot be somebody else's name also `docker-ID.scope`,
 *  `libpod-ID`, `cri-containerd-ID.scope`, `system.slice:docker:ID` … Of an id with a namespace before it, `NAMESPACE/ID`, the last part
 *  counts. */
function partNamedFor(path: string, id: string): string | undefined {
  const own = id.slice(id.lastIndexOf('/') + 1)
  if (own === '') return undefined
  const names = path.split('/')
  const at = names.findIndex((name) => name === own || (UNIQUE_ID.test(own) && isUnitFor(name, own)))
  return at < 0 ? undefined : names.slice(0, at + 1).join('/')
}

function isUnitFor(name: string, id: string): boolean {
  const bare = name.replace(/\.(?:scope|slice|service)$/, '')
  return bare.endsWith(`-${id}`) || bare.endsWith(`:${id}`)
}
