/** `npm run bench -- watch`: what it costs to watch containerd and Docker, beside what the engines themselves take. */

import { Lab } from '../../tests/harness/lab.ts'
import type { BenchRoom } from '../bench-room.ts'
import { benchContainerdWatch } from './containerd.ts'
import { benchDockerWatch } from './docker.ts'

const MOST_ROUNDS = 100

/** Measures and prints. Needs two gigabytes of memory and some minutes, most of them for starting a thousand containers. */
export async function benchWatch(_: BenchRoom, rounds: number): Promise<void> {
  for (const bench of [benchContainerdWatch, benchDockerWatch]) {
    const lab = new Lab()
    try {
      await bench(lab, Math.min(rounds, MOST_ROUNDS))
    } finally {
      await lab.close({ check: false })
    }
  }
}
