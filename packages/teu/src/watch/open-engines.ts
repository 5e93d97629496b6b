/** `--engine`: the engines that are named. */

import { isTeuError, type TeuError } from '@teu/spec'
import type { EngineClient } from '@teu/watch'
import { usage } from '../cli/parse.ts'
import { packImage } from './image-packer.ts'
import { engineName } from './model/row.ts'
import type { WatchDoor } from './watch-door.ts'
import type { EngineAddress } from './watch-options.ts'

/** The part of the machine that is needed. */
type Opener = Pick<WatchDoor, 'types' | 'openEngine'>

/** Each address once: an engine is known by it.
 *  @throws {TeuError} ERR_TEU_USAGE for what is no address, or does not tell what listens there, and for an address that is given for two kinds */
export function openEngines(addresses: readonly EngineAddress[], machine: Opener): EngineClient[] {
  const clients = new Map<string, EngineClient>()
  for (const client of openEach(addresses, machine)) {
    const { api, type } = client
    const other = clients.get(api)?.type ?? type
    if (other !== type) throw usage(`--engine: ${api} is given twice, for ${engineName(other)} and for ${engineName(type)}`)
    clients.set(api, client)
  }
  return [...clients.values()]
}

function openEach(addresses: readonly EngineAddress[], machine: Opener): EngineClient[] {
  return addresses.map(({ address, kind }) => {
    const type = kind === undefined ? undefined : typeOf(kind, machine)
    try {
      return machine.openEngine(address, { type, packer: packImage })
    } catch (error) {
      if (!isTeuError(error, 'ERR_TEU_USAGE') && !isTeuError(error, 'ERR_TEU_UNSUPPORTED')) throw error
      throw usage(
        `--engine: ${error.message}`,
        kind === undefined && isNameless(address, error) ? `Write its kind and a colon before it, as in docker:${address}` : FORMS,
      )
    }
  })
}

const FORMS =
  'Addresses are /path, unix:///path, tcp://host:port and ssh://user@host, each with docker:, podman:, containerd: or cri: before it or not'

/** Its address is one, but does not tell what listens there. */
function isNameless(address: string, { path }: TeuError): boolean {
  return path !== undefined && (address === path || address === `unix://${path}`)
}

function typeOf(kind: string, { types }: Opener): string {
  const type = types.find((one) => engineName(one) === kind || one.startsWith(`${kind}.`))
  if (type === undefined) throw usage(`--engine: there is no kind of engine "${kind}"`, `There are ${types.map(engineName).join(', ')}`)
  return type
}
