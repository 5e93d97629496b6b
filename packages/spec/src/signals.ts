/** Names and numbers of Linux signals (x86 and ARM). @see signal(7) */

import { TeuError } from './error.ts'
import { describeValue } from './validate/describe-value.ts'

/** Standard signals in the order of their numbers, from 1 on. */
const NAMES =
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'.split(
    ' ',
  )
const ALIASES: Readonly<Record<string, number>> = { IOT: 6, CLD: 17, POLL: 29, UNUSED: 31 }
/** The C libraries keep 32 and 33 for themselves. */
const RTMIN = 34
const RTMAX = 64

/**
 * Number of a signal.
 * @param signal  a number from 0 to 64 (0 only asks whether the process is there), the same in decimal digits, or a name in any case
 *                with or without `SIG`: `TERM`, `sigterm`, `SIGRTMIN+3`, `RTMAX-1`
 * @throws {TeuError} ERR_TEU_USAGE for anything else
 */
export function signalNumber(signal: string | number): number {
  const number = typeof signal === 'number' ? signal : typeof signal === 'string' ? parseSignal(signal) : undefined
  if (number !== undefined && Number.isInteger(number) && number >= 0 && number <= RTMAX) return number
  throw new TeuError('ERR_TEU_USAGE', `unknown signal ${describeValue(signal)}`, {
    remedy: 'Use a name such as SIGTERM or a number from 0 to 64',
  })
}

/** Name of a signal number with `SIG`: `SIGTERM`, `SIGRTMIN+3`, `SIGRTMAX-1`; `SIG32` for a number that has no name. */
export function signalName(number: number): string {
  const name = NAMES[number - 1]
  if (name !== undefined) return `SIG${name}`
  if (number < RTMIN || number > RTMAX) return `SIG${number}`
  if (number - RTMIN < RTMAX - number + 1) return `SIGRTMIN${number === RTMIN ? '' : `+${number - RTMIN}`}`
  return `SIGRTMAX${number === RTMAX ? '' : `-${RTMAX - number}`}`
}

function parseSignal(text: string): number | undefined {
  const name = text.toUpperCase().replace(/^SIG/, '')
  if (/^\d{1,3}$/.test(name)) return Number(name)
  const index = NAMES.indexOf(name)
  if (index !== -1) return index + 1
  if (Object.hasOwn(ALIASES, name)) return ALIASES[name]
  const [, base, offset = '0'] = /^RT(MIN|MAX)(?:[+-](\d{1,2}))?$/.exec(name) ?? []
  if (base === undefined || (base === 'MIN' ? name.includes('-') : name.includes('+'))) return undefined
  const number = base === 'MIN' ? RTMIN + Number(offset) : RTMAX - Number(offset)
  return number >= RTMIN && number <= RTMAX ? number : undefined
}
