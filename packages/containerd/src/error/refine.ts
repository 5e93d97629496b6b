/** Errors of operations: the daemon's sentence, and a code that also knows the state of the process. */

import { type TeuErrorCode, isTeuError } from '@teu/spec'
import type { ClientContext } from '../context.ts'
import { execIdOf } from '../identifiers.ts'
import { RpcStatus, type RpcError } from '../rpc/status.ts'
import { taskStatus } from '../task-status.ts'
import { INIT_PROCESS, type TaskStatus } from '../types.ts'
import { codeOf, rpcFailure, rpcOf } from './from-rpc.ts'
import { programErrno } from './start-failure.ts'

/** An operation on a process, for messages. */
export interface Operation {
  /** `pause`, `exec` … */
  readonly name: string
  readonly containerId: string
  /** `init` when absent. */
  readonly processId?: string | undefined
}

/** Runs the calls of an operation and translates their failure. */
export async function attempt<T>(ctx: ClientContext, operation: Operation, calls: () => Promise<T>): Promise<T> {
  try {
    return await calls()
  } catch (error) {
    throw (await refine(ctx, operation, error)) as Error
  }
}

/** A failed call of an operation as its error; other errors come back as they are. */
export async function refine(ctx: ClientContext, operation: Operation, error: unknown): Promise<unknown> {
  const rpc = rpcOf(error)
  if (rpc === undefined) return error
  const { name, containerId, processId = INIT_PROCESS } = operation
  const path = isTeuError(error) ? error.path : undefined
  const asked = { what: sentence(name, containerId, processId), operation: name, containerId, path }
  // What the shim and the runtime say comes as UNKNOWN, whatever it means.
  const errno = rpc.status === RpcStatus.UNKNOWN ? programErrno(rpc.message) : undefined
  if (errno !== undefined) return rpcFailure(rpc, 'ERR_TEU_PROCESS_START', { ...asked, errno })
  return rpcFailure(rpc, await codeFor(ctx, operation, rpc), asked)
}

/** Operations whose names are no words to go on after "Cannot" with. */
const VERBS: Readonly<Record<string, string>> = {
  deleteTask: 'delete the task of',
  record: 'read the record of',
  resizeTerminal: 'resize the terminal of',
  exec: 'exec in',
  execs: 'list the execs of',
  closeStdin: 'close the stdin of',
  signal: 'send a signal to',
  stats: 'read the metrics of',
  status: 'read the status of',
  summary: 'list the processes of',
  update: 'change the limits of',
  wait: 'wait for',
}

/** `read the status of container "web"`; completes "Cannot …". */
function sentence(name: string, containerId: string, processId: string): string {
  const container = `container ${JSON.stringify(containerId)}`
  if (processId === INIT_PROCESS || processId === containerId) return `${VERBS[name] ?? name} ${container}`
  const process = `process ${JSON.stringify(processId)}`
  return name === 'exec' ? `start ${process} in ${container}` : `${VERBS[name] ?? name} ${process} of ${container}`
}

async function codeFor(ctx: ClientContext, operation: Operation, rpc: RpcError): Promise<TeuErrorCode> {
  if (rpc.status !== RpcStatus.UNKNOWN) return codeOf(rpc)
  try {
    const { containerId, processId = INIT_PROCESS, name } = operation
    const execId = name === 'exec' ? '' : execIdOf(containerId, processId)
    const { process } = await ctx.services.tasks.get({ containerId, execId })
    return codeByState(name, taskStatus(process?.status ?? 0)) ?? codeOf(rpc)
  } catch (error) {
    // A task that could not be made is not there either; that is no reason.
    const isGone = operation.name !== 'start' && isTeuError(error, 'ERR_TEU_NOT_FOUND')
    return isGone ? 'ERR_TEU_NOT_FOUND' : codeOf(rpc)
  }
}

type ByState = Readonly<Partial<Record<TaskStatus, TeuErrorCode>>>

const FROZEN: ByState = { paused: 'ERR_TEU_PAUSED', pausing: 'ERR_TEU_PAUSED' }

/** Why an operation does not fit a state. Pairs that are not here can only fail for another reason. */
const BY_STATE: Readonly<Record<string, ByState>> = {
  pause: { ...FROZEN, created: 'ERR_TEU_INVALID_STATE', stopped: 'ERR_TEU_NOT_RUNNING' },
  resume: { running: 'ERR_TEU_ALREADY_RUNNING', created: 'ERR_TEU_INVALID_STATE', stopped: 'ERR_TEU_NOT_RUNNING' },
  start: { ...FROZEN, running: 'ERR_TEU_ALREADY_RUNNING', stopped: 'ERR_TEU_NOT_RUNNING' },
  exec: { ...FROZEN, stopped: 'ERR_TEU_NOT_RUNNING' },
  update: { stopped: 'ERR_TEU_NOT_RUNNING' },
  checkpoint: { created: 'ERR_TEU_INVALID_STATE', stopped: 'ERR_TEU_NOT_RUNNING' },
  // As when the daemon itself knows that the process has ended.
  signal: { stopped: 'ERR_TEU_NOT_FOUND' },
  deleteTask: { running: 'ERR_TEU_INVALID_STATE', paused: 'ERR_TEU_INVALID_STATE', pausing: 'ERR_TEU_INVALID_STATE' },
}

function codeByState(operation: string, status: TaskStatus): TeuErrorCode | undefined {
  return BY_STATE[operation]?.[status]
}
