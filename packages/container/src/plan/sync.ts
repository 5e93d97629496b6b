/**
 * The numbers by which the two sides of the clone keep step (`signal` and `wait`). Each is used at most once in a plan and by one side:
 *
 *     parent                                container
 *     time offsets written      ◀─ timeNamespace ─  it has made its time namespace
 *     v1 cgroups                ─ cgroups ───────▶  may move into them
 *     maps, cgroup, devices     ─ prepared ──────▶  may use its ids, cgroup, network devices
 *     prestart, createRuntime   ◀─ mounted ───────  the root file system is complete
 *     hooks are done            ─ runtimeHooks ──▶  may go on to its own hooks and pivot
 *     pid file, pidfd           ◀─ ready ─────────  only gate or exec are left
 */
export const SYNC = {
  /** container → parent: the namespace for its children exists, nobody is in it yet. */
  timeNamespace: 1,
  /** parent → container: id maps, cgroup membership, limits and network devices are in place. */
  prepared: 2,
  /** container → parent: everything is mounted. */
  mounted: 3,
  /** parent → container: the host-side hooks of this point have succeeded. */
  runtimeHooks: 4,
  /** container → parent: nothing can fail any more but the gate, startContainer hooks and execve; the filter's listener has its descriptor. */
  ready: 5,
  /** parent → container: the v1 cgroups are there, with their limits and device rules. */
  cgroups: 6,
} as const
