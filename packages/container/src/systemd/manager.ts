/** The systemd manager, of the machine or of one user, by its D-Bus interface. */

import { TeuError } from '@teu/spec'
import { socketPaths } from './dbus/address.ts'
import { DBusConnection, DBusError, type WaitOptions, within } from './dbus/connection.ts'
import type { DBusMessage } from './dbus/message.ts'
import type { DBusValue, Variant } from './dbus/value.ts'

const SYSTEMD = 'org.freedesktop.systemd1'
const MANAGER_PATH = '/org/freedesktop/systemd1'
const MANAGER = 'org.freedesktop.systemd1.Manager'
const PROPERTIES = 'org.freedesktop.DBus.Properties'

/** A unit property as systemd takes it. */
export type UnitProperty = readonly [name: string, value: Variant]

export interface ManagerOptions extends WaitOptions {
  /** The user's own manager in place of the machine's. */
  readonly user?: boolean
  /** Bus address. Default: that of the environment (`DBUS_SYSTEM_BUS_ADDRESS`, `DBUS_SESSION_BUS_ADDRESS`), else the usual socket. */
  readonly address?: string | undefined
}

/** Finds the socket of the bus.
 *  @param environment  `DBUS_…_ADDRESS` and `XDG_RUNTIME_DIR` are read */
export function busAddress(user: boolean, environment: Readonly<Record<string, string | undefined>>, uid: number): string {
  if (!user) return environment['DBUS_SYSTEM_BUS_ADDRESS'] || 'unix:path=/run/dbus/system_bus_socket'
  const runtimeDirectory = environment['XDG_RUNTIME_DIR'] || `/run/user/${uid}`
  return environment['DBUS_SESSION_BUS_ADDRESS'] || `unix:path=${runtimeDirectory}/bus`
}

/** A connection to systemd. Every method takes a deadline and a signal; all throw {DBusError} for systemd's refusals. */
export class SystemdManager implements AsyncDisposable {
  readonly #bus: DBusConnection
  #isSubscribed = false
  #version: number | undefined

  private constructor(bus: DBusConnection) {
    this.#bus = bus
  }

  /** @throws {TeuError} ERR_TEU_SYSTEM without a bus to talk to */
  static async open(options: ManagerOptions = {}): Promise<SystemdManager> {
    const address = options.address ?? busAddress(options.user ?? false, process.env, process.getuid?.() ?? 0)
    let failure: unknown = new TeuError(
      'ERR_TEU_SYSTEM',
      `Cannot connect to systemd: no Unix socket in the bus address ${JSON.stringify(address)}`,
    )
    for (const path of socketPaths(address)) {
      try {
        return new SystemdManager(await DBusConnection.open(path, options))
      } catch (error) {
        options.signal?.throwIfAborted()
        failure = error
      }
    }
    throw failure
  }

  /** Makes and starts a transient unit, and waits until its job is done. A unit of that name which has failed before is cleared away. */
  async startTransientUnit(name: string, properties: readonly UnitProperty[], options: WaitOptions = {}): Promise<void> {
    const start = (): Promise<void> =>
      this.#runJob(name, 'StartTransientUnit', 'ssa(sv)a(sa(sv))', [name, 'replace', properties, []], options)
    try {
      await start()
    } catch (error) {
      if (!isUnitError(error, 'UnitExists')) throw error
      await this.resetFailedUnit(name, options)
      await start()
    }
  }

  /** Stops a unit and waits until its job is done. False when there was none. */
  async stopUnit(name: string, options: WaitOptions = {}): Promise<boolean> {
    try {
      await this.#runJob(name, 'StopUnit', 'ss', [name, 'replace'], options)
      return true
    } catch (error) {
      if (isUnitError(error, 'NoSuchUnit')) return false
      throw error
    }
  }

  /** Forgets that a unit has failed; a unit that systemd does not know is fine. */
  async resetFailedUnit(name: string, options: WaitOptions = {}): Promise<void> {
    await this.#call('ResetFailedUnit', 's', [name], options).catch((error: unknown) => {
      if (!isUnitError(error, 'NoSuchUnit')) throw error
    })
  }

  /** Sets properties until the unit is gone. systemd applies them all, or none. */
  async setUnitProperties(name: string, properties: readonly UnitProperty[], options: WaitOptions = {}): Promise<void> {
    await this.#call('SetUnitProperties', 'sba(sv)', [name, true, properties], options)
  }

  /** Moves processes into the cgroup of a unit, with systemd's rights in place of the caller's.
   *  @param subCgroup  below the unit's cgroup, beginning with `/`; '' for the cgroup itself */
  async attachProcesses(name: string, subCgroup: string, pids: readonly number[], options: WaitOptions = {}): Promise<void> {
    await this.#call('AttachProcessesToUnit', 'ssau', [name, subCgroup, pids], options)
  }

  /** Path of a unit's cgroup from the root of the hierarchy. */
  async controlGroup(name: string, options: WaitOptions = {}): Promise<string> {
    const [unit] = await this.#call('GetUnit', 's', [name], options)
    const type = name.endsWith('.slice') ? 'Slice' : 'Scope'
    return await this.#property(text(unit), `${SYSTEMD}.${type}`, 'ControlGroup', options)
  }

  /** Version number, 0 when it cannot be told (`"252.39-1"` → 252). */
  async version(options: WaitOptions = {}): Promise<number> {
    this.#version ??= Number(/\d+/.exec(await this.#property(MANAGER_PATH, MANAGER, 'Version', options))?.[0] ?? 0)
    return this.#version
  }

  close(): void {
    this.#bus.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#bus[Symbol.asyncDispose]()
  }

  async #runJob(unit: string, method: string, signature: string, body: readonly DBusValue[], options: WaitOptions): Promise<void> {
    await this.#subscribe(options)
    // The job may be over before the reply to the call is looked at: results are kept from before the call on.
    const results = new Map<string, string>()
    let job: string | undefined
    let done: ((result: string) => void) | undefined
    const stop = this.#bus.onSignal((message) => {
      const removed = jobRemoved(message)
      if (!removed) return
      results.set(removed.job, removed.result)
      if (removed.job === job) done?.(removed.result)
    })
    try {
      job = text((await this.#call(method, signature, body, options))[0])
      const result =
        results.get(job) ??
        (await within<string>(options, `${method} ${unit}`, (settle) => {
          done = (value) => settle(undefined, value)
        }))
      if (result !== 'done' && result !== 'skipped') {
        throw new TeuError('ERR_TEU_CGROUP', `Cannot finish ${method} of the unit ${unit}: systemd says ${JSON.stringify(result)}`, {
          remedy: `See what systemd has to say: systemctl status ${unit}`,
        })
      }
    } finally {
      stop()
    }
  }

  /** systemd sends its signals only while somebody has asked for them. */
  async #subscribe(options: WaitOptions): Promise<void> {
    if (this.#isSubscribed) return
    await this.#bus.addMatch(`type='signal',sender='${SYSTEMD}',path='${MANAGER_PATH}',interface='${MANAGER}',member='JobRemoved'`, options)
    await this.#call('Subscribe', '', [], options).catch((error: unknown) => {
      if (!isUnitError(error, 'AlreadySubscribed')) throw error
    })
    this.#isSubscribed = true
  }

  async #property(path: string, name: string, property: string, options: WaitOptions): Promise<string> {
    const call = { destination: SYSTEMD, path, interface: PROPERTIES, member: 'Get', signature: 'ss', body: [name, property] }
    const [value] = await this.#bus.call(call, options)
    return text((value as Variant | undefined)?.value)
  }

  async #call(member: string, signature: string, body: readonly DBusValue[], options: WaitOptions): Promise<readonly DBusValue[]> {
    return await this.#bus.call({ destination: SYSTEMD, path: MANAGER_PATH, interface: MANAGER, member, signature, body }, options)
  }
}

/** Object paths and the properties that are read here are all text. */
function text(value: DBusValue | undefined): string {
  if (typeof value !== 'string') throw new TeuError('ERR_TEU_SYSTEM', 'Cannot read the answer of systemd: expected a string')
  return value
}

/** Whether systemd refused with this of its error names, for example `NoSuchUnit`. */
export function isUnitError(error: unknown, name: string): boolean {
  return error instanceof DBusError && error.errorName === `${SYSTEMD}.${name}`
}

function jobRemoved(message: DBusMessage): { job: string; result: string } | undefined {
  if (message.member !== 'JobRemoved' || message.interface !== MANAGER || message.signature !== 'uoss') return undefined
  const [, job, , result] = message.body as [number, string, string, string]
  return { job, result }
}
