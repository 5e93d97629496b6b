import type { Fields } from './fields.ts'
import type { StringRule } from './rules.ts'

/** Names that resctrl uses itself. */
const RESERVED: readonly string[] = ['.', '..', 'info', 'mon_groups', 'mon_data']

/** The class of service is a directory in resctrl; `/` is the root class. */
const closId: StringRule = (text) =>
  text === '/' || (/^[^/\n]{1,255}$/.test(text) && !RESERVED.includes(text)) ? undefined : 'a directory name, or / for the root class'

const line: StringRule = (text) => (text === '' || text.includes('\n') ? 'one line of text' : undefined)
const bandwidth: StringRule = (text) => (text.startsWith('MB:') && !text.includes('\n') ? undefined : 'one line that starts with MB:')

/** Checks `linux.intelRdt`. @see runtime-spec config-linux.md "IntelRdt" */
export function checkIntelRdt(rdt: Fields | undefined): void {
  if (rdt === undefined) return
  rdt.string('closID', closId)
  rdt.strings('schemata', line)
  rdt.string('l3CacheSchema')
  rdt.string('memBwSchema', bandwidth)
  rdt.boolean('enableMonitoring')
  rdt.boolean('enableCMT')
  rdt.boolean('enableMBM')
}
