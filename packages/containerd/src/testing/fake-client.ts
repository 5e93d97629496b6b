/** A client of a fake daemon, with its events and reports at hand. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Process, Spec } from '@teu/spec'
import { Containerd, type ContainerdOptions } from '../containerd.ts'
import type { TaskEvent } from '../types.ts'
import { FakeDaemon } from './fake-daemon.ts'

/** A config that the fake does not look at. */
export const SPEC: Spec = {
  ociVersion: '1.0.2',
  root: { path: '/nowhere' },
  process: { args: ['/bin/true'], cwd: '/', user: { uid: 0, gid: 0 } },
}
/** A process for exec. */
export const PROCESS: Process = { args: ['/bin/true'], cwd: '/', user: { uid: 0, gid: 0 } }

/** What a test works with. */
export interface FakeClient {
  readonly client: Containerd
  readonly daemon: FakeDaemon
  readonly events: TaskEvent[]
  /** `start init`, `exit e1 3`, with `~` in front of what was found by comparing. */
  names(containerId?: string): string[]
  /** Resolves when the events of a container are these. Rejects when they are not within two seconds. */
  until(names: readonly string[], containerId?: string): Promise<void>
}

/** Connects to a new fake, and runs a test. */
export async function withFake(
  test: (fake: FakeClient) => Promise<void>,
  options: ContainerdOptions = {},
  daemon: FakeDaemon = new FakeDaemon(),
): Promise<void> {
  const stateDir = mkdtempSync(join(tmpdir(), 'teu-fake-'))
  const events: TaskEvent[] = []
  const names = (containerId = 'a'): string[] => events.filter((event) => event.containerId === containerId).map(eventName)
  const until = async (expected: readonly string[], containerId = 'a'): Promise<void> => {
    const deadline = performance.now() + 4_000
    while (JSON.stringify(names(containerId)) !== JSON.stringify(expected)) {
      if (performance.now() > deadline) throw new Error(`events are [${names(containerId).join(', ')}], not [${expected.join(', ')}]`)
      await settled(5)
    }
  }
  try {
    await using client = await Containerd.connect({
      transport: daemon.transport,
      namespace: 'ns',
      stateDir,
      drainTimeoutMs: 50,
      cleanupTimeoutMs: 1_000,
      callTimeoutMs: 500,
      ...options,
      async onEvent(event) {
        events.push(event)
        await options.onEvent?.(event)
      },
    })
    await test({ client, daemon, events, names, until })
  } finally {
    rmSync(stateDir, { recursive: true, force: true })
  }
}

function eventName({ type, processId, exitCode, source }: TaskEvent): string {
  const code = type === 'exit' ? ` ${exitCode}` : ''
  return `${source === 'resync' ? '~' : ''}${type} ${processId}${code}`
}

/** Lets everything that needs no time happen. */
export function settled(ms = 20): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
