import { expect } from 'vitest'
import { nativeBinary } from '../harness/native.ts'
import { group } from './conforms.ts'

const ARCHITECTURES = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'] as const

group('seccomp', (conforms) => {
  conforms('is off without a profile', async (lab) => {
    expect(await lab.fact(['seccomp'])).toMatchObject({ mode: 0 })
  })

  conforms('refuses the calls of a list, with EPERM or the given errno', async (lab) => {
    const [seccomp, calls] = await lab.probe([['seccomp'], ['call', 'getcwd', 'mkdir', 'getpid', 'personality']], (config) => {
      config.mounts.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: [] })
      config.linux.seccomp = {
        defaultAction: 'SCMP_ACT_ALLOW',
        architectures: [...ARCHITECTURES],
        syscalls: [
          { names: ['getcwd'], action: 'SCMP_ACT_ERRNO' },
          { names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 28 },
        ],
      }
    })
    expect(seccomp).toMatchObject({ mode: 2 })
    expect(calls).toEqual({ getcwd: 'EPERM', mkdir: 'ENOSPC', getpid: 'ok', personality: 'ok' })
  })

  conforms('compares arguments', async (lab) => {
    const calls = await lab.fact(['call', 'unshare-user', 'unshare-mount'], (config) => {
      const caps = ['CAP_SYS_ADMIN']
      config.process.capabilities = { bounding: caps, effective: caps, permitted: caps }
      config.linux.seccomp = {
        defaultAction: 'SCMP_ACT_ALLOW',
        architectures: [...ARCHITECTURES],
        syscalls: [
          {
            names: ['unshare'],
            action: 'SCMP_ACT_ERRNO',
            errnoRet: 38,
            args: [{ index: 0, value: 0x10000000, valueTwo: 0x10000000, op: 'SCMP_CMP_MASKED_EQ' }],
          },
        ],
      }
    })
    expect(calls).toEqual({ 'unshare-user': 'ENOSYS', 'unshare-mount': 'ok' })
  })

  conforms('kills the process when the profile says so', async (lab) => {
    const result = await lab.run(['/probe', 'call', 'getcwd'], (config) => {
      config.linux.seccomp = {
        defaultAction: 'SCMP_ACT_ALLOW',
        architectures: [...ARCHITECTURES],
        syscalls: [{ names: ['getcwd'], action: 'SCMP_ACT_KILL_PROCESS' }],
      }
    })
    expect(result.status).toBe(128 + 31)
  })

  conforms('works without new privileges and without capabilities', async (lab) => {
    const calls = await lab.fact(['call', 'getcwd'], (config) => {
      config.process.user = { uid: 1000, gid: 1000 }
      config.process.capabilities = {}
      config.linux.seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['getcwd'], action: 'SCMP_ACT_ERRNO' }] }
    })
    expect(calls).toEqual({ getcwd: 'EPERM' })
  })

  conforms('lets new privileges be gained when the config allows it', async (lab) => {
    const [seccomp] = await lab.probe([['seccomp']], (config) => {
      config.process.noNewPrivileges = false
      config.linux.seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }] }
    })
    expect(seccomp).toMatchObject({ mode: 2, noNewPrivs: 0 })
  })

  conforms('holds for exec too', async (lab) => {
    const box = await lab.start(undefined, (config) => {
      config.linux.seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['getcwd'], action: 'SCMP_ACT_ERRNO' }] }
    })
    const result = await lab.runtime(['exec', box.id, '/probe', 'call', 'getcwd'])
    expect(JSON.parse(result.stdout)).toEqual({ getcwd: 'EPERM' })
  })

  conforms('ignores calls that this machine does not have', async (lab) => {
    const result = await lab.run(['/bin/true'], (config) => {
      config.linux.seccomp = {
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: ['no_such_call', 'riscv_flush_icache'], action: 'SCMP_ACT_ERRNO' }],
      }
    })
    expect(result.status).toBe(0)
  })

  conforms('refuses an unknown action', async (lab) => {
    const result = await lab.run(['/bin/true'], (config) => {
      config.linux.seccomp = { defaultAction: 'SCMP_ACT_NOPE' } as never
    })
    expect(result.status).toBe(1)
  })

  for (const action of ['SCMP_ACT_TRACE', 'SCMP_ACT_ERRNO']) {
    for (const noNewPrivileges of [true, false]) {
      conforms(`ends a start that ${action} refuses everything, ${noNewPrivileges ? 'with' : 'without'} no_new_privs`, async (lab) => {
        const result = await lab.run(['/bin/true'], (config) => {
          config.process.noNewPrivileges = noNewPrivileges
          config.linux.seccomp = { defaultAction: action, architectures: [...ARCHITECTURES] } as never
        })
        expect(result.status).toBe(1)
      })
    }
  }

  conforms('ends a container whose filter refuses what starting the program needs', async (lab) => {
    const box = await lab.create(['/bin/true'], (config) => {
      config.linux.seccomp = { defaultAction: 'SCMP_ACT_TRACE', architectures: [...ARCHITECTURES] }
    })
    if (box.created.status === 0) expect((await lab.runtime(['start', box.id])).status).toBe(1)
  })

  conforms('hands the listener of notifications to an agent', async (lab) => {
    const socket = lab.path('agent')
    const agent = lab.spawn([nativeBinary('receive-fd'), socket])
    await agent.stdout.waitFor((line) => line === 'listening')
    const box = await lab.start(['/bin/sleep', '1000'], (config) => {
      config.linux.seccomp = {
        defaultAction: 'SCMP_ACT_ALLOW',
        listenerPath: socket,
        listenerMetadata: 'some data',
        syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_NOTIFY' }],
      }
    })
    const line = await agent.stdout.waitFor((text) => text.startsWith('{'))
    const received = JSON.parse(line) as { payloadHex: string; count: number; link: string }
    expect(received).toMatchObject({ count: 1, link: expect.stringContaining('seccomp notify') })
    const state = JSON.parse(Buffer.from(received.payloadHex, 'hex').toString()) as {
      fds: string[]
      pid: number
      metadata: string
      state: { id: string }
    }
    expect(state).toMatchObject({ fds: ['seccompFd'], metadata: 'some data', state: { id: box.id } })
    expect(state.pid).toBe((await lab.state(box.id)).pid)
  })
})
