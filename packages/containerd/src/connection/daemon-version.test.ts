import { expect, test } from 'vitest'
import { withFake } from '../testing/fake-client.ts'
import { FakeDaemon } from '../testing/fake-daemon.ts'
import { isTooOld } from './daemon-version.ts'

test.each(['1.2.14', '1.5.9~ds1', 'v1.4.0', '0.2.8', '1.5'])('%s is too old', (version) => {
  expect(isTooOld(version)).toBe(true)
})

test.each(['1.6.0', '1.6.20~ds1', 'v1.7.0', '2.0.0-rc.1', '10.1', '1.10.0', '', 'dev', 'deadbeef'])('%s is not', (version) => {
  expect(isTooOld(version)).toBe(false)
})

test('a daemon that is too old is refused at once', async () => {
  const daemon = new FakeDaemon()
  daemon.version = '1.4.13'
  await expect(withFake(() => Promise.resolve(), { connectTimeoutMs: 60_000 }, daemon)).rejects.toMatchObject({
    code: 'ERR_TEU_UNSUPPORTED',
    message: 'Cannot use containerd "1.4.13": it is older than 1.6',
    remedy: 'Update containerd to 1.6 or later',
  })
  expect(daemon.subscriptions).toBe(0)
})
