/** Plans that differ in nothing but the container's id are compiled and encoded once: running one bundle a thousand times costs a copy
 *  of its plan each time. The plan is compiled for a stand-in id of the same length, and the id is put into the copy where that stands. */

import { encodePlan, type Plan } from '@teu/init'
import type { Spec } from '@teu/spec'
import { memoryHierarchy } from '../cgroup/guard.ts'
import type { CgroupLocation } from '../cgroup/locate.ts'
import { statePaths } from '../record/paths.ts'
import { recordText } from '../record/container-record.ts'
import { creationTime, firstRecord, type PlanRequest, planContainer } from './prepare.ts'

/** A plan that is ready to be sent. */
export interface ReadyPlan {
  /** The encoded request; its tag is still to be set. Absent: encode `plan()`. */
  readonly encoded?: Uint8Array
  /** The plan itself, for whoever explains a failure. */
  readonly plan: () => Plan
  /** What is written to disk of the container before anything else. */
  readonly record: () => string
  readonly cgroup: CgroupLocation
  readonly unit: CgroupLocation['unit']
  readonly memoryCgroup: string | undefined
}

interface Template {
  readonly bytes: Uint8Array
  /** Where the stand-in is in `bytes`. */
  readonly offsets: readonly number[]
  /** The record, with the stand-in for the id and {@link CREATED} for the time. */
  readonly record: string
  /** The location as JSON, with the stand-in. */
  readonly location: string
  readonly memoryCgroup: string | undefined
}

/** Shorter ids could meet the stand-in by chance. */
const MIN_ID_LENGTH = 12
const MAX_ID_LENGTH = 64
/** In place of the time of creation. No id has such characters. */
const CREATED = '<created>'
let random: string | undefined

/** Templates live as long as the config they belong to. */
const templates = new WeakMap<Spec, Map<string, Template>>()

/** Compiles a plan, or takes it from a template.
 *  @param finish  what is done to a compiled plan before it is encoded */
export function readyPlan(request: PlanRequest, root: string, finish: (plan: Plan, request: PlanRequest) => Plan): ReadyPlan {
  const { id, source } = request.config
  const key = source && templateKey(request, root)
  if (source === undefined || key === undefined) return direct(request, finish)
  let known = templates.get(source)
  if (known === undefined) templates.set(source, (known = new Map<string, Template>()))
  let template = known.get(key)
  if (template === undefined) known.set(key, (template = makeTemplate(standIn(request, root), finish)))
  return instantiate(template, request, finish, id)
}

function direct(request: PlanRequest, finish: (plan: Plan, request: PlanRequest) => Plan): ReadyPlan {
  const { plan, cgroup } = planContainer(request)
  const finished = finish(plan, request)
  return {
    plan: () => finished,
    record: () => recordText(firstRecord(request, cgroup), request.config.source),
    cgroup,
    unit: cgroup.unit,
    memoryCgroup: memoryHierarchy(cgroup)?.path,
  }
}

/** Everything beside config and id that a plan depends on; undefined for what is rare, or depends on more than we know. */
function templateKey(
  { config, host, mode, cgroupManager, stdio, terminal, extraFds, listenFds, removeAtExit, options, ...flags }: PlanRequest,
  root: string,
): string | undefined {
  const rare = [terminal, listenFds, options.consoleSocket, options.pidFile, options.pidfdSocket, options.notifySocket]
  const joinsNamespaces = config.spec.linux?.namespaces?.some(({ path }) => path !== undefined) === true
  if (rare.some((value) => value !== undefined) || (extraFds?.length ?? 0) > 0) return undefined
  if (mode !== 'run' || cgroupManager === 'systemd' || host.rootless || joinsNamespaces) return undefined
  if (config.id.length < MIN_ID_LENGTH || config.id.length > MAX_ID_LENGTH) return undefined
  const { rootOverlay, noPivot, noNewKeyring, timeoutMs } = options
  const streams = stdio.map((stream) => (stream.kind === 'slot' ? stream.slot : stream.kind))
  const { forwardSignals, bindToCaller, quietStart } = flags
  return [
    root,
    config.bundle,
    config.id.length,
    cgroupManager,
    ...streams,
    removeAtExit,
    forwardSignals,
    quietStart,
    bindToCaller,
    rootOverlay,
    noPivot,
    noNewKeyring,
    timeoutMs,
  ].join()
}

function standInId(length: number): string {
  // The global, because node:crypto takes Bun two milliseconds to load.
  random ??= Buffer.from(crypto.getRandomValues(new Uint8Array(MAX_ID_LENGTH / 2))).toString('hex')
  return random.slice(0, length)
}

function standIn(request: PlanRequest, root: string): PlanRequest {
  const id = standInId(request.config.id.length)
  return { ...request, config: { ...request.config, id }, paths: statePaths(root, id) }
}

function makeTemplate(request: PlanRequest, finish: (plan: Plan, request: PlanRequest) => Plan): Template {
  const { plan, cgroup } = planContainer(request)
  const bytes = Buffer.from(encodePlan(finish(plan, request), { tag: 0 }))
  const offsets: number[] = []
  const { id } = request.config
  for (let at = bytes.indexOf(id); at >= 0; at = bytes.indexOf(id, at + id.length)) offsets.push(at)
  return {
    bytes,
    offsets,
    record: recordText(firstRecord(request, cgroup, CREATED), request.config.source),
    location: JSON.stringify(cgroup).replaceAll(id, '\0'),
    memoryCgroup: memoryHierarchy(cgroup)?.path.replaceAll(id, '\0'),
  }
}

function instantiate(template: Template, request: PlanRequest, finish: (plan: Plan, request: PlanRequest) => Plan, id: string): ReadyPlan {
  const encoded = Buffer.from(template.bytes)
  for (const offset of template.offsets) encoded.write(id, offset, 'latin1')
  let location: CgroupLocation | undefined
  return {
    encoded,
    plan: () => finish(planContainer(request).plan, request),
    record: () => template.record.replace(CREATED, creationTime()).replaceAll(standInId(id.length), id),
    unit: undefined,
    get cgroup() {
      return (location ??= JSON.parse(template.location.replaceAll('\0', id)) as CgroupLocation)
    },
    memoryCgroup: template.memoryCgroup?.replaceAll('\0', id),
  }
}
