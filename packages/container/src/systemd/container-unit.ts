/** The unit of one container over the container's life. Loaded by those who need it only: see `lifecycle/unit.ts`. */

import type { LinuxResources, Spec } from '@teu/spec'
import { applyUpdate, checkUsage } from '../cgroup/apply.ts'
import type { CgroupLocation } from '../cgroup/locate.ts'
import { compileUpdate } from '../cgroup/resources/compile.ts'
import type { ResourcesPatch } from '../cgroup/resources/merge.ts'
import type { CgroupWrite } from '../cgroup/resources/write.ts'
import { withSuppressed } from '../cgroup/suppressed.ts'
import { deviceRulesFor } from '../devices/rules-for.ts'
import { connectSystemd } from './connect.ts'
import { startUnit, stopUnit, updateUnit } from './driver.ts'
import { limitsWhileHeld } from './held-limits.ts'
import { IdleProcess } from './idle-process.ts'
import type { SystemdManager } from './manager.ts'

export interface UnitOwner {
  readonly location: CgroupLocation
  /** The unit belongs to the user's own systemd. */
  readonly user: boolean
  readonly signal?: AbortSignal | undefined
}

/** The unit of a container that is being created, held open by a process of ours until init is in it. */
export class NewUnit {
  readonly #manager: SystemdManager
  readonly #owner: UnitOwner
  readonly #resources: LinuxResources
  #holder: IdleProcess | undefined
  #isStarted = false

  private constructor(manager: SystemdManager, owner: UnitOwner, resources: LinuxResources) {
    this.#manager = manager
    this.#owner = owner
    this.#resources = resources
  }

  /** Finds systemd. Nothing has changed yet.
   *  @throws {TeuError} ERR_TEU_UNSUPPORTED, ERR_TEU_TIMEOUT */
  static async prepare(owner: UnitOwner, spec: Spec): Promise<NewUnit> {
    return new NewUnit(await connectSystemd(owner.user, owner.signal), owner, spec.linux?.resources ?? {})
  }

  /** Starts the unit with its limits. A unit of this name that somebody else has is not touched, neither here nor later.
   *  @throws {TeuError} ERR_TEU_CGROUP … as `startUnit` */
  async start(id: string, spec: Spec): Promise<void> {
    const { location, signal } = this.#owner
    this.#holder = await IdleProcess.start()
    await startUnit(this.#manager, {
      id,
      location,
      pids: [this.#holder.pid],
      resources: limitsWhileHeld(this.#resources),
      devices: deviceRulesFor(spec),
      annotations: spec.annotations,
      signal,
    })
    this.#isStarted = true
  }

  /** Init is in the unit and holds it open from now on. Its program must not run yet: until this is done there is a process too many. */
  async settle(): Promise<void> {
    await this.release()
    const { pids } = this.#resources
    const held = limitsWhileHeld(this.#resources)
    if (held === this.#resources || pids === undefined) return
    await updateUnitAndFiles({ ...this.#owner, old: held, patch: { pids } })
  }

  /** Lets go of the unit and of systemd. A unit without any other process ends. */
  async release(): Promise<void> {
    this.#manager.close()
    await this.#holder?.end()
    this.#holder = undefined
  }

  /** Undoes what has been done, before init is in the unit. */
  async discard(): Promise<void> {
    await this.release()
    if (this.#isStarted) await endUnit(this.#owner)
  }
}

export interface UnitChange extends UnitOwner {
  readonly old: LinuxResources
  readonly patch: ResourcesPatch
  /** What {@link compileUpdate} makes of the patch. Default: for a usual kernel. */
  readonly writes?: readonly CgroupWrite[]
}

/** Changes limits in systemd and in the files: both, or neither. systemd writes what it knows again whenever it likes, and does not know
 *  everything.
 *  @throws {TeuError} ERR_TEU_CGROUP, ERR_TEU_UNSUPPORTED … */
export async function updateUnitAndFiles(change: UnitChange): Promise<void> {
  const { location, old, patch, user, signal, writes = compileUpdate(old, patch, location).writes } = change
  // systemd would lower a limit below what is in use, and the kernel kill for it.
  await checkUsage(writes)
  const manager = await connectSystemd(user, signal)
  try {
    const undo = await updateUnit(manager, { location, old, patch, signal })
    try {
      await applyUpdate(writes)
    } catch (error) {
      const failures: Error[] = []
      await undo().catch((failure: unknown) => failures.push(failure as Error))
      throw withSuppressed(error as Error, failures)
    }
  } finally {
    manager.close()
  }
}

/** Stops the unit of a container whose processes are dead. One that has ended by itself is fine.
 *  @throws {TeuError} ERR_TEU_UNSUPPORTED when systemd is not there, ERR_TEU_CGROUP, ERR_TEU_TIMEOUT */
export async function endUnit({ location, user, signal }: UnitOwner): Promise<void> {
  const manager = await connectSystemd(user, signal)
  try {
    await stopUnit(manager, location, { signal })
  } finally {
    manager.close()
  }
}
