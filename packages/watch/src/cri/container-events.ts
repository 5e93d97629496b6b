/**
 * What happens to containers, as the engine tells it, or as it is found by looking every so often when the engine does not tell.
 *
 * GetContainerEvents has no sign that the subscription is in force, and many engines do not have it: containerd before 1.7 does not know
 * the call, and CRI-O without `enable_pod_events` ends the stream at once, or refuses it.
 */

import { RpcError, RpcStatus } from '@teu/containerd'
import { isTeuError, TeuError, delay } from '@teu/spec'
import { readExitCode } from '../answers/values.ts'
import type { EngineEvent } from '../engine-client.ts'
import { type ContainerEventResponse, ContainerEventType } from '../gen/runtime/v1/runtime.gen.ts'
import { LinkedAbort } from '../watcher/pause.ts'
import { dateOf, EXITED } from './container-facts.ts'
import type { RuntimeClient } from './runtime-service.ts'
import { Survey } from './survey.ts'

/** What following needs. */
export interface FollowOptions {
  readonly runtime: RuntimeClient
  readonly address: string
  /** What was listed or inspected last, by id; what has ended is taken out. */
  readonly listed: () => Map<string, unknown>
  readonly signal: AbortSignal
  readonly pollIntervalMs: number
  /** The engine tells nothing: it is asked from now on. The reason is undefined when its stream has just ended. */
  readonly polling: (reason: unknown) => void
}

/** One look more, this long after subscribing, or sooner where looking is that cheap, finds what happened before the subscription was in
 *  force. */
const SETTLE_MS = 1_000

/** How an engine says that it has no events. Overload and lost connections have other ways. */
const REFUSALS: ReadonlySet<number> = new Set([
  RpcStatus.UNIMPLEMENTED,
  RpcStatus.UNKNOWN,
  RpcStatus.FAILED_PRECONDITION,
  RpcStatus.PERMISSION_DENIED,
])

type Next = IteratorResult<ContainerEventResponse, unknown>

/** Follows from now on: whatever a list finds that is asked for after this has resolved, nothing later is missed. */
export async function followEvents(options: FollowOptions): Promise<AsyncIterable<EngineEvent>> {
  const following = new LinkedAbort(options.signal)
  const { signal } = following
  try {
    const survey = new Survey(options.runtime, options.listed)
    // What later looks are compared with. Before subscribing, because an engine that has just been started refuses everything for a while,
    // which says nothing about events.
    await survey.look(signal)
    const stream = options.runtime.getContainerEvents({}, { signal })[Symbol.asyncIterator]()
    const first = nextOf(stream)
    const refusal = refusalOf(first)
    // On the same connection: mostly, an engine without events has said so when this is answered.
    await options.runtime.version({}, { signal })
    const refused = await Promise.race([refusal, Promise.resolve(undefined)])
    if (refused !== undefined) options.polling(refused.reason)
    return follow({ ...options, signal }, survey, stream, first, following, refused !== undefined)
  } catch (error) {
    following.abort(error)
    following[Symbol.dispose]()
    throw error
  }
}

/** Resolves, if so, when the engine says that it has no events. */
function refusalOf(first: Promise<Next>): Promise<{ readonly reason: unknown } | undefined> {
  return first.then(
    ({ done }) => (done === true ? { reason: undefined } : undefined),
    (error: unknown) => (isRefusal(error) ? { reason: error } : undefined),
  )
}

async function* follow(
  options: FollowOptions,
  survey: Survey,
  stream: AsyncIterator<ContainerEventResponse>,
  first: Promise<Next>,
  following: LinkedAbort,
  refused: boolean,
): AsyncGenerator<EngineEvent> {
  const { signal, polling } = options
  try {
    const reason = refused ? undefined : yield* listen(options, survey, stream, first)
    if (!refused) polling(reason)
    for (;;) {
      await delay(options.pollIntervalMs, signal)
      signal.throwIfAborted()
      yield* await survey.look(signal)
    }
  } finally {
    following.abort(new TeuError('ERR_TEU_INVALID_STATE', 'Nobody follows the events any more'))
    following[Symbol.dispose]()
  }
}

/** Returns why there are no events; throws when the connection is lost. */
async function* listen(
  { address, signal, pollIntervalMs }: FollowOptions,
  survey: Survey,
  stream: AsyncIterator<ContainerEventResponse>,
  first: Promise<Next>,
): AsyncGenerator<EngineEvent, unknown> {
  let next = first
  let heard = false
  let settled: Promise<'settled'> | undefined = delay(Math.min(SETTLE_MS, pollIntervalMs), signal).then(() => 'settled')
  for (;;) {
    let result: Next | 'settled'
    try {
      result = await (settled === undefined ? next : Promise.race([next, settled]))
    } catch (error) {
      signal.throwIfAborted()
      if (!heard && isRefusal(error)) return error
      throw error
    }
    signal.throwIfAborted()
    if (result === 'settled') {
      settled = undefined
      yield* await survey.look(signal)
    } else if (result.done === true) {
      if (!heard) return undefined
      throw new TeuError('ERR_TEU_UNAVAILABLE', `${address} has ended its stream of events`)
    } else {
      heard = true
      const event = eventOf(result.value)
      if (event !== undefined) yield event
      next = nextOf(stream)
    }
  }
}

/** The next message; that nobody waits for it is no unhandled rejection. */
function nextOf(stream: AsyncIterator<ContainerEventResponse>): Promise<Next> {
  const next = stream.next()
  next.catch(() => undefined)
  return next
}

function isRefusal(error: unknown): boolean {
  const cause = isTeuError(error) ? error.cause : undefined
  return cause instanceof RpcError && cause.answered && REFUSALS.has(cause.status)
}

function eventOf(message: ContainerEventResponse): EngineEvent | undefined {
  const { containerId: id, containerEventType: type, createdAt, containersStatuses } = message
  const timestamp = dateOf(createdAt) ?? new Date()
  if (type === ContainerEventType.CONTAINER_STARTED_EVENT) return { type: 'started', id, timestamp }
  if (type !== ContainerEventType.CONTAINER_STOPPED_EVENT) return undefined
  const status = containersStatuses.find((one) => one.id === id && one.state === EXITED)
  return { type: 'exited', id, timestamp, exitCode: readExitCode(status?.exitCode) }
}
