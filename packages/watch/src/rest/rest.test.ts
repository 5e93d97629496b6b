import { describe, expect, it } from 'vitest'
import { expectGivenUp } from '../testing/given-up.ts'
import { json, RestServer } from '../testing/rest-server.ts'
import { openDial } from '../address/dial.ts'
import { EngineApi, query, unixSeconds } from './engine-api.ts'
import { parseJsonLines } from './json-lines.ts'
import { EngineHttp } from './engine-http.ts'

const never = (): void => undefined

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const value of values) all.push(value)
  return all
}

describe('parseJsonLines()', () => {
  it('puts together what was split anywhere, within a character too', async () => {
    const bytes = Buffer.from('{"a":"é"}\n{"b":2}\n\n')
    for (let cut = 0; cut <= bytes.length; cut++) {
      async function* split(): AsyncGenerator<Uint8Array> {
        yield bytes.subarray(0, cut)
        yield bytes.subarray(cut)
      }
      expect(await collect(parseJsonLines(split()))).toEqual([{ a: 'é' }, { b: 2 }])
    }
  })

  it('refuses lines that are no JSON, and lines without an end', async () => {
    await expect(collect(parseJsonLines(chunks('{"a":\n')))).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM' })
    await expect(collect(parseJsonLines(chunks(...Array<string>(5).fill('x'.repeat(1024 * 1024)))))).rejects.toThrow('more than')
  })
})

it('queries are encoded', () => {
  expect(query({ since: '1.5', filters: { type: ['a b'] } })).toBe('since=1.5&filters=%7B%22type%22%3A%5B%22a%20b%22%5D%7D')
  expect(unixSeconds(new Date(1_500_042))).toBe('1500.042')
})

describe('EngineHttp', () => {
  it('says what is wrong when nobody listens', async () => {
    await using http = new EngineHttp(openDial('/nonexistent/socket'))
    const refused = { code: 'ERR_TEU_SYSTEM', syscall: 'connect', errno: 'ENOENT', path: '/nonexistent/socket' }
    await expect(http.get('/')).rejects.toMatchObject(refused)
    await expect(http.stream('/', new AbortController().signal, never)).rejects.toMatchObject(refused)
  })

  it('gives up after a time, and when it is told to', async () => {
    await using server = await RestServer.start('s', never)
    await using http = new EngineHttp(openDial(server.path))
    const { signal, reason } = await expectGivenUp(http)
    await expect(http.get('/', { signal })).rejects.toBe(reason)
  })

  it('has a stream before its first byte, and ends it with the signal', async () => {
    await using server = await RestServer.start('s', (_, response) => setTimeout(() => response.write('one'), 10))
    await using http = new EngineHttp(openDial(server.path))
    const abort = new AbortController()
    const reason = new Error('enough')
    const heard: string[] = []
    const read = async (): Promise<void> => {
      for await (const chunk of await http.stream('/', abort.signal, never)) {
        heard.push(String(chunk))
        abort.abort(reason)
      }
    }
    await expect(read()).rejects.toBe(reason)
    expect(heard).toEqual(['one'])
  })

  it('a stream that breaks off throws', async () => {
    await using server = await RestServer.start('s', (_, response) => {
      response.write('one')
      setTimeout(() => response.destroy(), 10)
    })
    await using http = new EngineHttp(openDial(server.path))
    const stream = await http.stream('/', new AbortController().signal, never)
    await expect(collect(stream)).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM', errno: 'ECONNRESET' })
  })

  it('a stream that nobody reads ends with the signal too', async () => {
    let closed!: () => void
    const gone = new Promise<void>((resolve) => (closed = resolve))
    await using server = await RestServer.start('s', (_, response) => {
      response.on('close', closed)
      response.write('one')
    })
    await using http = new EngineHttp(openDial(server.path))
    const abort = new AbortController()
    await http.stream('/', abort.signal, never)
    setTimeout(() => abort.abort(), 10)
    await gone
  })
})

describe('EngineApi', () => {
  it('translates what the engine refuses', async () => {
    await using server = await RestServer.start('s', (target, response) => {
      if (target === '/gone') json(response, { message: 'No such container: x' }, 404)
      else if (target === '/broken') response.end('{')
      else if (target === '/many') response.end(`[${'{},'.repeat(2_500_000)}{}]`)
      else response.writeHead(500).end('a text')
    })
    await using api = new EngineApi(server.path)
    await expect(api.get('/gone')).rejects.toMatchObject({
      code: 'ERR_TEU_NOT_FOUND',
      message: 'GET /gone failed with status 404: No such container: x',
    })
    await expect(api.get('/broken')).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM' })
    const tooMany = { code: 'ERR_TEU_SYSTEM', message: 'The answer to GET /many has more than 2097152 values' }
    await expect(api.getList('/many')).rejects.toMatchObject(tooMany)
    await expect(api.get('/other')).rejects.toThrow('status 500: a text')
    await expect(collect(await api.stream('/other', new AbortController().signal))).rejects.toThrow('status 500: a text')
    await expect(api.ping()).rejects.toThrow('has no Docker API')
  })

  it('a document about one thing has 8 MiB at most, also one about a failure; other answers may have more', async () => {
    const body = JSON.stringify('x'.repeat(8 * 1024 * 1024))
    await using server = await RestServer.start('s', (target, response) => {
      response.writeHead(target === '/failure' ? 500 : 200).end(body)
    })
    await using api = new EngineApi(server.path)
    const tooLong = { code: 'ERR_TEU_SYSTEM', message: 'The answer has more than 8388608 bytes' }
    await expect(api.getDocument('/one')).rejects.toMatchObject(tooLong)
    await expect(api.getDocument('/failure')).rejects.toMatchObject(tooLong)
    expect(await api.get('/all')).toHaveLength(8 * 1024 * 1024)
  })
})
