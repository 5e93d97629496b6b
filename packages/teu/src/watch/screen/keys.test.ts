import { describe, expect, it } from 'vitest'
import { type Key, KeyReader } from './keys.ts'

const short = (keys: readonly Key[]): string[] => keys.map((key) => ('name' in key ? `<${key.name}>` : key.char))
const read = (...chunks: readonly string[]): string[] => {
  const reader = new KeyReader()
  return chunks.flatMap((chunk) => short(reader.read(Buffer.from(chunk, 'latin1'))))
}

describe('KeyReader', () => {
  it.each([
    ['aB?', ['a', 'B', '?']],
    ['\u001b[A\u001bOB\u001b[5~\u001b[6~', ['<up>', '<down>', '<pageup>', '<pagedown>']],
    ['\u001b[H\u001b[F\u001b[1~\u001b[4~\u001bOH', ['<home>', '<end>', '<home>', '<end>', '<home>']],
    ['\u001b[1;5A\u001b[5;2~', ['<up>', '<pageup>']],
    ['\r\n\u007f\b\t', ['<enter>', '<enter>', '<backspace>', '<backspace>', '<tab>']],
    ['\u0003\u001a\f\u0015\u0017', ['<ctrl-c>', '<ctrl-z>', '<ctrl-l>', '<ctrl-u>', '<ctrl-w>']],
    ['\u0001\u001cx', ['x']],
    ['\u001b[99zq', ['q']],
    ['\u001b[200~x\u001b[201~', ['x']],
    ['\u001b[?1;2cj', ['j']],
    ['\u001bx', ['<escape>', 'x']],
    ['\u001b\u001b[A', ['<escape>', '<up>']],
  ])('%j', (text, keys) => expect(read(text)).toEqual(keys))

  it('puts pieces together', () => {
    expect(read('\u001b', '[', '1;', '5A', 'x')).toEqual(['<up>', 'x'])
    expect(read('\u00e6', '\u0097', '\u00a5')).toEqual(['日'])
    const reader = new KeyReader()
    expect(short(reader.read(Buffer.from('日😀')))).toEqual(['日', '😀'])
  })

  it('takes a lone Escape for the key when nothing more comes', () => {
    const reader = new KeyReader()
    expect(reader.read(Buffer.from('\u001b'))).toEqual([])
    expect(reader.isUndecided).toBe(true)
    expect(short(reader.decide())).toEqual(['<escape>'])
    expect(reader.isUndecided).toBe(false)
    expect(reader.decide()).toEqual([])
  })

  it('does not gather what never ends', () => {
    const reader = new KeyReader()
    reader.read(Buffer.from(`\u001b[${'1'.repeat(100)}`))
    expect(reader.isUndecided).toBe(false)
    expect(short(reader.read(Buffer.from('q')))).toEqual(['q'])
  })
})
