/** The set of containers that `run` uses when it is given none. */

import { Containers } from '@teu/container'

let opened: Promise<Containers> | undefined

/** Opens the default state root once. A failure is not remembered: the user may mend it. */
export async function defaultContainers(): Promise<Containers> {
  opened ??= Containers.open()
  try {
    return await opened
  } catch (error) {
    opened = undefined
    throw error
  }
}
