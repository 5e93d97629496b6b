import { describe, expect, it } from 'vitest'
import { all, createInput, execInput, failure, only, ops, position, text, USER_NAMESPACE } from '../../test/support/plan-input.ts'
import { compileCreatePlan, type StdioPlans } from './create.ts'
import { compileExecPlan } from './exec.ts'
import { SLOT } from './slots.ts'

const compile = (...args: Parameters<typeof createInput>): ReturnType<typeof compileCreatePlan> => compileCreatePlan(createInput(...args))
const terminal = { terminal: true, consoleSize: { height: 24, width: 80 } }
const PIPES: StdioPlans = [
  { kind: 'slot', slot: 0 },
  { kind: 'slot', slot: 1 },
  { kind: 'slot', slot: 1 },
]

describe('planStdio()', () => {
  it('changes nothing about inherited streams of root', () => {
    const { container } = compile()
    expect(ops(container)).not.toContain('stdio')
    expect(ops(container)).not.toContain('stdio_owner')
  })

  it('opens the null device of the host once, and checks it by its numbers', () => {
    const { parent, container } = compile({}, { stdio: [{ kind: 'null' }, { kind: 'null' }, { kind: 'inherit' }] })
    expect(parent.slice(0, 2)).toEqual([
      { op: 'open', slot: SLOT.nullStream, path: '/dev/null', flags: 2, mode: 0 },
      { op: 'verify_device', slot: SLOT.nullStream, kind: 99, major: 1, minor: 3 },
    ])
    expect(all(container, 'stdio')).toEqual([
      { op: 'stdio', fd: 0, slot: SLOT.nullStream },
      { op: 'stdio', fd: 1, slot: SLOT.nullStream },
    ])
  })

  it("gives the streams to the program's user, in create and in exec", () => {
    const process = { user: { uid: 1000, gid: 1000 } }
    for (const { container } of [compile({ process }), compileExecPlan(execInput({ process }))]) {
      expect(only(container, 'stdio_owner').uid).toBe(1000)
      expect(ops(container).indexOf('stdio_owner')).toBeLessThan(ops(container).indexOf('user'))
    }
  })

  it('has the parent give FIFOs to the id outside that stands for the user inside', () => {
    const { parent } = compile({ process: { user: { uid: 7, gid: 7 } }, linux: USER_NAMESPACE }, { stdio: PIPES })
    expect(all(parent, 'own').map(({ slot, uid, gid }) => [slot, uid, gid])).toEqual([
      [0, 100007, 0xffffffff],
      [1, 100007, 0xffffffff],
      [1, 100007, 0xffffffff],
    ])
  })

  it('takes over descriptors of the caller before the clone', () => {
    const { parent, container } = compile({}, { stdio: [{ kind: 'adopt', fd: 9 }, { kind: 'inherit' }, { kind: 'inherit' }] })
    const { slot } = only(parent, 'adopt')
    expect(only(container, 'stdio')).toEqual({ op: 'stdio', fd: 0, slot })
  })
})

describe('planConsole()', () => {
  it('connects to the console socket before anything else, and sends the master before the pid file is written', () => {
    const { parent, container } = compile({ process: terminal }, { mode: 'create', consoleSocket: '/c.sock', pidFile: '/p' })
    expect(parent[0]).toEqual({ op: 'connect', slot: SLOT.consoleSocket, path: '/c.sock', type: 1 })
    const sent = only(container, 'send_fd')
    expect([sent.socket, sent.fd, text(sent.payload)]).toEqual([SLOT.consoleSocket, SLOT.ptyMaster, '/dev/ptmx'])
    expect(ops(container).indexOf('send_fd')).toBeLessThan(ops(container).indexOf('signal'))
    expect(ops(parent).slice(-3)).toEqual(['wait', 'pid_file', 'detach'])
  })

  it("opens the terminal from the container's own devpts, after the mounts and before hooks and pivot", () => {
    const { container } = compile({ process: terminal, mounts: [{ destination: '/dev/pts', type: 'devpts' }] }, { consoleSocket: '/c' })
    expect(only(container, 'open_pty')).toMatchObject({ root: SLOT.root, ptmx: '/dev/pts/ptmx', rows: 24, cols: 80 })
    expect(only(container, 'bind_console')).toMatchObject({ root: SLOT.root, path: '/dev/console', peer: SLOT.ptyPeer })
    const at = position(container, ({ op }) => op === 'open_pty')
    expect(container.findLastIndex(({ op }) => op === 'attach')).toBeLessThan(at)
    expect(at).toBeLessThan(position(container, ({ op }) => op === 'pivot_root'))
  })

  it('makes it the three streams and the controlling terminal of a new session', () => {
    const { container } = compile({ process: terminal }, { consoleSocket: '/c' })
    const from = ops(container).indexOf('stdio')
    expect(ops(container).slice(from, from + 5)).toEqual(['stdio', 'stdio', 'stdio', 'setsid', 'controlling_tty'])
  })

  it("gives the terminal to the program's user, and keeps the group of terminals", () => {
    const { container } = compile({ process: { ...terminal, user: { uid: 5, gid: 6 } } }, { consoleSocket: '/c' })
    expect(only(container, 'own')).toEqual({ op: 'own', slot: SLOT.ptyPeer, uid: 5, gid: 0xffffffff })
    expect(ops(container)).not.toContain('stdio_owner')
  })

  it('hands the master to the parent when that relays it', () => {
    const relay = { input: { kind: 'inherit' }, output: { kind: 'slot', slot: 1 }, raw: true } as const
    const { parent, container } = compile({ process: terminal }, { terminal: relay })
    expect(only(container, 'give').slot).toBe(SLOT.ptyMaster)
    expect(parent[0]).toEqual({ op: 'adopt', slot: SLOT.terminalInput, fd: 0 })
    expect(only(parent, 'supervise')).toMatchObject({ master: SLOT.ptyMaster, input: SLOT.terminalInput, output: 1, raw: true })
  })

  it('makes no /dev/console for a process that joins', () => {
    const { container } = compileExecPlan(execInput({ process: terminal }, { consoleSocket: '/c' }))
    expect(only(container, 'open_pty').root).toBe(-1)
    expect(ops(container)).not.toContain('bind_console')
  })

  it('needs somebody to keep the master', () => {
    expect(failure(() => compile({ process: terminal }, { mode: 'create' }))).toMatchObject({
      code: 'ERR_TEU_USAGE',
      pointer: '/process/terminal',
    })
  })
})
