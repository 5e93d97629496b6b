/** A helper that is started while its plan is still being worked out. */

import { encodeSpareRequest, findInitBinary } from '@teu/init'
import { strictDeferred } from '@teu/spec'
import type { ChildStarter, StartedChild, StartOptions } from './child.ts'

/** Who hears of the helper once it has a plan. */
export type Listener = Pick<StartOptions, 'onStatus' | 'onEnd'>

export interface HeadStartOptions {
  readonly children: ChildStarter
  /** What the helper has as 0-2. */
  readonly stdio: readonly [number, number, number]
  readonly extraFds: readonly number[]
  /** The plan is going to want a network namespace of its own. */
  readonly network: boolean
}

/** Larger plans would not fit into the socket at once (socket(7): net.core.wmem_default is 208 KiB), and nobody could wait for room. */
const MAX_PLAN_BYTES = 65536

/** Starting a process, sealing teu-init and making a network namespace take as long as compiling a plan, and there is a second processor.
 *  The helper ends by itself when its control channel is closed. */
export class HeadStart {
  readonly #child: StartedChild
  readonly #ended = strictDeferred()
  #listener: Listener | undefined
  #isOver = false

  constructor({ children, stdio, extraFds, network }: HeadStartOptions) {
    this.#child = children.start({
      path: findInitBinary(),
      mode: 'ahead',
      fds: [...stdio, 'ignore', 'pipe', 'pipe', ...extraFds],
      onStatus: (bytes) => this.#listener?.onStatus(bytes),
      onEnd: (how) => {
        this.#isOver = true
        this.#ended.resolve()
        this.#listener?.onEnd(how)
      },
    })
    if (network) this.#child.send(encodeSpareRequest(0))
  }

  /** Hands the plan over. Undefined when this helper cannot take it: then it is gone, and another has to be started. */
  take(plan: Uint8Array, listener: Listener): StartedChild | undefined {
    if (this.#isOver || plan.length > MAX_PLAN_BYTES) {
      void this.drop()
      return undefined
    }
    this.#listener = listener
    this.#child.send(plan)
    return this.#child
  }

  /** Lets it go unused; resolves when it has gone. */
  drop(): Promise<void> {
    this.#child.hangUp()
    return this.#ended.promise
  }
}
