/** Pressure stall information. */

import type { Pressure, PressureLine } from './types.ts'
import { present, readText, toCount } from './file.ts'

/** Reads `cpu.pressure`, `memory.pressure` or `io.pressure`; undefined where the kernel does not count it.
 *  @see accounting/psi.rst */
export function readPressure(directory: string | undefined, file: string): Pressure | undefined {
  const text = readText(directory, file)
  return text === undefined ? undefined : present<Pressure>({ some: parseLine(text, 'some'), full: parseLine(text, 'full') })
}

function parseLine(text: string, name: string): PressureLine | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `))
  if (line === undefined) return undefined
  const values = new Map(line.split(' ').map((word) => word.split('=') as [string, string]))
  return {
    avg10: Number(values.get('avg10') ?? 0),
    avg60: Number(values.get('avg60') ?? 0),
    avg300: Number(values.get('avg300') ?? 0),
    totalUs: toCount(values.get('total')) ?? 0n,
  }
}
