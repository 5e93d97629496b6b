/** Finds a system call number's verdict with few comparisons: a binary search written as jumps. */

import { type BpfWriter, JEQ, JGE, type Label } from './bpf-writer.ts'

/** Indexes of verdicts for all 32-bit numbers: each holds from its start to the next one's. Neighbours are never equal. */
export class Ranges {
  readonly starts: number[] = [0]
  readonly verdicts: number[] = [0]

  /** From `start` on, `verdict` holds. Starts ascend; the later of two equal ones counts. */
  from(start: number, verdict: number): void {
    const { starts, verdicts } = this
    if (starts[starts.length - 1] === start) {
      starts.pop()
      verdicts.pop()
    }
    if (verdicts.length > 0 && verdicts[verdicts.length - 1] === verdict) return
    starts.push(start)
    verdicts.push(verdict)
  }
}

/** Writes the search over `ranges` for the loaded word.
 *  @param target  label of a verdict's code */
export function writeSearch(writer: BpfWriter, ranges: Ranges, target: (verdict: number) => Label): Label {
  const { starts, verdicts } = ranges
  const leaves = findLeaves(ranges)
  return write(0, leaves.length)

  function write(from: number, to: number): Label {
    if (to - from === 1) return writeLeaf(from)
    const middle = (from + to) >> 1
    const upper = write(middle, to)
    const lower = write(from, middle)
    return writer.jump(JGE, starts[leaves[middle] as number] as number, upper, lower)
  }

  function writeLeaf(leaf: number): Label {
    const range = leaves[leaf] as number
    const around = target(verdicts[range] as number)
    const isPair = (leaves[leaf + 1] ?? starts.length) - range === 3
    return isPair ? writer.jump(JEQ, starts[range + 1] as number, target(verdicts[range + 1] as number), around) : around
  }
}

/** Which ranges the search tells apart. One number between two ranges of the same verdict is left to a comparison for equality, in
 *  place of two for order: such three ranges make one leaf. */
function findLeaves({ starts, verdicts }: Ranges): number[] {
  const leaves: number[] = []
  for (let i = 0; i < starts.length; ) {
    leaves.push(i)
    const isHole = i + 2 < starts.length && verdicts[i] === verdicts[i + 2] && starts[i + 2] === (starts[i + 1] as number) + 1
    i += isHole ? 3 : 1
  }
  return leaves
}
