import { digestOf } from './digest.ts'

/** Names of the states of a root file system after each layer: the first is the layer itself, each further one hashes what is below it
 *  together with its own layer. @see image-spec config.md "Layer ChainID" */
export function chainIds(diffIds: readonly string[]): string[] {
  const chain: string[] = []
  for (const diffId of diffIds) {
    const below = chain.at(-1)
    chain.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`))
  }
  return chain
}
