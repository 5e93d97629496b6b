/** The D-Bus client against a real message bus. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeIf, needsPrograms, which } from '../../../../tests/harness/requirements.ts'
import { DBusConnection, DBusError } from '../../src/systemd/dbus/connection.ts'

const BUS = { destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' }

describeIf('DBusConnection with dbus-daemon', [needsPrograms('dbus-daemon')], () => {
  let directory: string
  let path: string
  let daemon: ChildProcess

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'teu-dbus-'))
    path = join(directory, 'bus')
    const config = join(directory, 'bus.conf')
    writeFileSync(
      config,
      `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
       <busconfig><listen>unix:path=${path}</listen><auth>EXTERNAL</auth>
       <policy context="default"><allow send_destination="*"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`,
    )
    daemon = spawn(which('dbus-daemon') ?? '', [`--config-file=${config}`, '--nofork', '--print-address'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await once(daemon.stdout as NodeJS.ReadableStream, 'data')
  })
  afterAll(async () => {
    const gone = once(daemon, 'exit')
    daemon.kill()
    await gone
    rmSync(directory, { recursive: true })
  })

  it('authenticates as this user', async () => {
    await using connection = await DBusConnection.open(path)
    const [names] = await connection.call({ ...BUS, member: 'ListNames' })
    expect(names).toContain('org.freedesktop.DBus')
    const own = (names as string[]).find((name) => name.startsWith(':')) as string
    const [uid] = await connection.call({ ...BUS, member: 'GetConnectionUnixUser', signature: 's', body: [own] })
    expect(uid).toBe(process.getuid?.())
    const [credentials] = await connection.call({ ...BUS, member: 'GetConnectionCredentials', signature: 's', body: [own] })
    expect(Object.fromEntries(credentials as [string, { value: unknown }][])['ProcessID']?.value).toBe(process.pid)
  })

  it('hears the signals that it asked for, from before the reply on', async () => {
    await using connection = await DBusConnection.open(path)
    await connection.addMatch("type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged'")
    const heard: unknown[] = []
    connection.onSignal(({ member, body }) => {
      if (member === 'NameOwnerChanged') heard.push(body[0])
    })
    const [result] = await connection.call({ ...BUS, member: 'RequestName', signature: 'su', body: ['net.example.Teu', 4] })
    expect(result).toBe(1)
    expect(heard).toContain('net.example.Teu')
  })

  it('gives the error names of the bus', async () => {
    await using connection = await DBusConnection.open(path)
    const error: unknown = await connection
      .call({ ...BUS, member: 'GetNameOwner', signature: 's', body: ['net.example.None'] })
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(DBusError)
    expect((error as DBusError).errorName).toBe('org.freedesktop.DBus.Error.NameHasNoOwner')
  })

  it('carries many calls at once and large ones', async () => {
    await using connection = await DBusConnection.open(path)
    const call = { ...BUS, member: 'NameHasOwner', signature: 's' }
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, index) => connection.call({ ...call, body: [`net.example.N${index}`] })),
    )
    expect(new Set(replies.flat())).toEqual(new Set([false]))
    expect(await connection.call({ ...call, body: ['x'.repeat(200_000)] })).toEqual([false])
  })

  it('closes without leaving a call behind', async () => {
    const connection = await DBusConnection.open(path)
    const call = connection.call({ ...BUS, member: 'ListNames' })
    connection.close()
    await expect(call).rejects.toThrow('the connection was closed')
    expect(await Promise.race([once(daemon, 'exit'), Promise.resolve('alive')])).toBe('alive')
  })
})
