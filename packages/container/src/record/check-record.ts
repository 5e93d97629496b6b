/** Whether a record is whole. What is acted on later is looked at here, so that a damaged record is one error and not many. */

import { TeuError } from '@teu/spec'
import type { StoredRecord } from './container-record.ts'

const isText = (value: unknown): boolean => typeof value === 'string'
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Members of a record that everything else relies on. */
const MEMBERS: Readonly<Partial<Record<keyof StoredRecord, (value: unknown) => boolean>>> = {
  created: isText,
  bootId: isText,
  ociVersion: isText,
  bundle: isText,
  cgroup: (value) => isObject(value) && isText(value['layout']) && isObject(value['paths']) && isHierarchies(value['hierarchies']),
  creator: (value) => isObject(value) && Number.isInteger(value['pid']) && isText(value['startTime']),
  config: isObject,
}

function isHierarchies(value: unknown): boolean {
  return Array.isArray(value) && value.every((entry) => isObject(entry) && isText(entry['root']) && isText(entry['path']))
}

/** @throws {TeuError} ERR_TEU_UNSUPPORTED for a record of a version that this teu does not know, ERR_TEU_SYSTEM for one that is damaged */
export function checkRecord(record: unknown, id: string, path: string): void {
  const fail = (code: 'ERR_TEU_SYSTEM' | 'ERR_TEU_UNSUPPORTED', reason: string, remedy: string): never => {
    throw new TeuError(code, `Cannot read the record of container "${id}": ${reason}`, { containerId: id, path, remedy })
  }
  if (!isObject(record)) return fail('ERR_TEU_SYSTEM', 'it is damaged', REMEDY)
  if (Object.hasOwn(record, 'version') && record['version'] !== 1) {
    const reason = `its version is ${JSON.stringify(record['version'])}, known is 1`
    return fail('ERR_TEU_UNSUPPORTED', reason, 'Use the version of teu that created the container')
  }
  if (record['id'] !== id) return fail('ERR_TEU_SYSTEM', 'it is that of another container', REMEDY)
  for (const [name, isRight] of Object.entries(MEMBERS)) {
    if (!isRight(record[name])) fail('ERR_TEU_SYSTEM', `it is damaged at "${name}"`, REMEDY)
  }
}

const REMEDY = 'Remove it with force; that kills the process that the container was made for'
