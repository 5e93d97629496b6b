import { provideInitBinary } from '@teu/init'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ChildStarter, StartOptions } from './child.ts'
import { HeadStart } from './head-start.ts'

beforeAll(() => provideInitBinary(() => '/teu-init'))

/** A starter that writes down what happens to its one child. */
function fakeChild(): { children: ChildStarter; log: unknown[]; options: () => StartOptions } {
  const log: unknown[] = []
  let started: StartOptions | undefined
  const children: ChildStarter = {
    start(options) {
      started = options
      log.push(['start', options.mode, options.fds])
      return {
        send: (bytes) => log.push(['send', bytes.length]),
        hangUp: () => log.push('hangUp'),
        kill: () => log.push('kill'),
        ref: () => log.push('ref'),
        unref: () => log.push('unref'),
      }
    },
    run: () => ({ hasRun: false, how: 'not asked for' }),
  }
  return { children, log, options: () => started as StartOptions }
}

const quiet = { onStatus: () => undefined, onEnd: () => undefined }
const setup = { stdio: [0, 1, 2] as const, extraFds: [9], network: false }

describe('HeadStart', () => {
  it('starts with the streams of the container, channels for status and control, and the extra descriptors', () => {
    const { children, log } = fakeChild()
    void new HeadStart({ ...setup, children, stdio: [7, 1, 2] })
    expect(log).toEqual([['start', 'ahead', [7, 1, 2, 'ignore', 'pipe', 'pipe', 9]]])
  })

  it('asks for a network namespace only where the plan is going to want one', () => {
    const { children, log } = fakeChild()
    void new HeadStart({ ...setup, children, network: true })
    expect(log.slice(1)).toEqual([['send', 24]])
  })

  it('sends the plan, and passes on what comes from then on', () => {
    const { children, log, options } = fakeChild()
    const headStart = new HeadStart({ ...setup, children })
    const heard: unknown[] = []
    const child = headStart.take(new Uint8Array(100), { onStatus: (bytes) => heard.push(bytes.length), onEnd: (how) => heard.push(how) })
    options().onStatus(new Uint8Array(5))
    options().onEnd('exit code 0')
    expect(child).toBeDefined()
    expect(log.slice(1)).toEqual([['send', 100]])
    expect(heard).toEqual([5, 'exit code 0'])
  })

  it('is of no use for a plan that does not fit into a socket, and goes', () => {
    const { children, log } = fakeChild()
    const headStart = new HeadStart({ ...setup, children })
    expect(headStart.take(new Uint8Array(65_537), quiet)).toBeUndefined()
    expect(log.slice(1)).toEqual(['hangUp'])
  })

  it('is of no use when it has ended already', () => {
    const { children, log, options } = fakeChild()
    const headStart = new HeadStart({ ...setup, children })
    options().onEnd('SIGKILL')
    expect(headStart.take(new Uint8Array(1), quiet)).toBeUndefined()
    expect(log.slice(1)).toEqual(['hangUp'])
  })

  it('is dropped when it has gone', async () => {
    const { children, log, options } = fakeChild()
    const dropped = new HeadStart({ ...setup, children }).drop().then(() => log.push('dropped'))
    expect(log.slice(1)).toEqual(['hangUp'])
    options().onEnd('exit code 0')
    await dropped
    expect(log.slice(1)).toEqual(['hangUp', 'dropped'])
  })
})
