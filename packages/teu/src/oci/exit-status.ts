/** What a foreground command exits with. */

import { TeuError } from '@teu/spec'
import type { ExitReport } from '../cli/library.ts'

/** The program's exit code, or 128 + the number of the signal that killed it.
 *  @throws {TeuError} ERR_TEU_NOT_RUNNING when nobody saw the end */
export function exitStatusOf(report: ExitReport): number {
  if (report.status !== undefined) return report.status
  throw new TeuError('ERR_TEU_NOT_RUNNING', 'the program has ended, but nobody was there to see its exit status')
}
