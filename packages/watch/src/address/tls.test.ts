import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readTls } from './tls.ts'

let directory = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'teu-watch-'))
})

afterEach(() => {
  rmSync(directory, { recursive: true })
})

const write = (...names: string[]): void => {
  for (const name of names) writeFileSync(join(directory, `${name}.pem`), `the ${name}`)
}

describe('readTls()', () => {
  it('checks the engine, also without any file', async () => {
    expect(await readTls({})).toEqual({ ca: undefined, cert: undefined, key: undefined, rejectUnauthorized: true })
    expect(await readTls({ directory, skipVerify: true })).toMatchObject({ ca: undefined, rejectUnauthorized: false })
  })

  it('reads what is there; texts go before files', async () => {
    write('ca', 'cert', 'key')
    expect(await readTls({ directory, ca: 'mine' })).toEqual({ ca: 'mine', cert: 'the cert', key: 'the key', rejectUnauthorized: true })
  })

  it('refuses one of certificate and key', async () => {
    write('cert')
    await expect(readTls({ directory })).rejects.toThrow('a certificate without its key')
    await expect(readTls({ key: 'x' })).rejects.toThrow('a key without its certificate')
  })

  it('says which file cannot be read', async () => {
    mkdirSync(join(directory, 'ca.pem'))
    await expect(readTls({ directory })).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM', errno: 'EISDIR', path: join(directory, 'ca.pem') })
  })
})
