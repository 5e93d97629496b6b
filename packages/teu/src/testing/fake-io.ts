/** Surroundings of a command line that only take notes. */

import type { Io } from '../cli/io.ts'

export interface FakeIo extends Io {
  readonly written: { out: string; err: string }
}

/** An {@link Io} that keeps what is written, for tests. */
export function fakeIo(args: readonly string[], more: Partial<Io> = {}): FakeIo {
  const written = { out: '', err: '' }
  return {
    args,
    env: {},
    cwd: '/work dir',
    pid: 4242,
    uid: 0,
    gid: 0,
    out: (text) => void (written.out += text),
    err: (text) => void (written.err += text),
    input: () => '',
    isErrTerminal: () => false,
    now: () => new Date('2024-01-02T15:04:05.678Z'),
    written,
    ...more,
  }
}
