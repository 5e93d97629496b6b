import { TeuError } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { FakeConsole } from '../testing/fake-console.ts'
import { FakeHost, imageOf } from '../testing/fake-host.ts'
import { hostTeu } from '../testing/host-command.ts'

function some(): FakeHost {
  const host = new FakeHost()
  host.imageList = [
    { record: imageOf('registry:5000/b', 'b') },
    { record: imageOf('docker.io/library/box:1', 'a'), platform: 'linux/amd64', sizeBytes: 3 * 1024 * 1024 },
    { record: imageOf('c.io/x:2@sha256:00', 'c') },
  ]
  return host
}

describe('teu images list', () => {
  it('lists by name', async () => {
    expect((await hostTeu(['images', 'list'], { host: some() })).out).toBe(
      'REPOSITORY              TAG         IMAGE ID       CREATED         PLATFORM      SIZE\n' +
        'c.io/x                  2           cccccccccccc   5 minutes ago   <none>        <none>\n' +
        'docker.io/library/box   1           aaaaaaaaaaaa   5 minutes ago   linux/amd64   3 MiB\n' +
        'registry:5000/b         <none>      bbbbbbbbbbbb   5 minutes ago   <none>        <none>\n',
    )
  })

  it('lists digests', async () => {
    expect((await hostTeu(['images', '-q'], { host: some() })).out).toBe('cccccccccccc\naaaaaaaaaaaa\nbbbbbbbbbbbb\n')
    expect((await hostTeu(['images', 'ls', '-q', '--no-trunc'], { host: some() })).out).toContain(`sha256:${'a'.repeat(64)}\n`)
  })

  it('prints an object per line', async () => {
    const lines = (await hostTeu(['images', '--format', 'json'], { host: some() })).out.trimEnd().split('\n')
    expect(JSON.parse(lines[1] ?? '')).toEqual({
      name: 'docker.io/library/box:1',
      digest: `sha256:${'a'.repeat(64)}`,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      platform: 'linux/amd64',
      sizeBytes: 3145728,
      createdAt: '2024-01-02T15:00:00.000Z',
      labels: {},
    })
    expect((await hostTeu(['images', '--format', 'yaml'])).err).toContain('--format: expected table or json, got "yaml"')
  })
})

describe('teu images import', () => {
  it('prints the names', async () => {
    const { host, out, err } = await hostTeu(['images', 'import', 'box.tar'])
    expect({ out, err }).toEqual({ out: 'docker.io/library/box:1\n', err: '' })
    expect(host.calls).toEqual([['import', '/work dir/box.tar', undefined]])
  })

  it('gives another name, and reads stdin', async () => {
    const { host, out, console } = await hostTeu(['images', 'load', '--tag', 'mine:1', '-'])
    expect(out).toBe('mine:1\n')
    expect(host.calls).toEqual([['import', console.keyboard, 'mine:1']])
  })

  it('shows on a terminal how far it is, and clears that', async () => {
    const console = new FakeConsole()
    console.terminals = ['stderr']
    expect((await hostTeu(['images', 'import', 'x'], { console })).err).toBe('\r\u001b[Ksha256:aaaaaaaaaaaa  1 KiB / 2 KiB\r\u001b[K')
  })

  it('says what is wrong', async () => {
    const host = new FakeHost()
    host.failures.set('import', new TeuError('ERR_TEU_NOT_FOUND', 'Cannot read the image x', { remedy: 'Look' }))
    expect(await hostTeu(['images', 'import', 'x'], { host })).toMatchObject({
      status: 125,
      out: '',
      err: 'teu: Cannot read the image x\n  Look\n',
    })
    expect((await hostTeu(['images', 'import'])).err).toContain('"images import" takes exactly 1 argument, got 0')
  })
})

describe('teu images rm', () => {
  it('removes each', async () => {
    const host = new FakeHost()
    host.failures.set('removeImage b', new TeuError('ERR_TEU_NOT_FOUND', 'no b'))
    const { out, err, status } = await hostTeu(['images', 'rm', 'a', 'b', 'c'], { host })
    expect({ out, err, status }).toEqual({ out: 'a\nc\n', err: 'teu: no b\n', status: 125 })
  })
})
