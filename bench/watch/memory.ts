/** Memory of a watcher over many events. */

const MIB = 1024 * 1024
const EVENTS = 100_000
/** By then everything has been compiled, and buffers have their size. */
const WARM = 20_000

/** Reads `count` events and says how the heap has grown between the first part and the end.
 *  @param begin  makes the events come; calls back for each that was told */
export async function benchMemory(engine: string, begin: (count: number, told: () => void) => Promise<void>): Promise<void> {
  const heap = (): number => {
    globalThis.gc?.()
    return process.memoryUsage().heapUsed / MIB
  }
  let told = 0
  let warmHeap = 0
  const start = performance.now()
  await begin(EVENTS, () => {
    told++
    if (told === WARM) warmHeap = heap()
  })
  const seconds = (performance.now() - start) / 1000
  const end = heap()
  console.log(`\n${engine}: ${told} of ${EVENTS} events told in ${seconds.toFixed(1)} s, ${(told / seconds).toFixed(0)} per second;`)
  console.log(
    `heap ${warmHeap.toFixed(1)} MiB after ${WARM}, ${end.toFixed(1)} MiB at the end${globalThis.gc ? '' : ' (without a collection: use --expose-gc)'}`,
  )
}
