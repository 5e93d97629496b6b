import type { LinuxIntelRdt } from '../types/linux.ts'
import { BOOLEAN, type ObjectShape, TEXT } from './shape.ts'

/** Names that resctrl uses itself. */
const RESERVED: readonly string[] = ['.', '..', 'info', 'mon_groups', 'mon_data']

/** `linux.intelRdt`. @see runtime-spec config-linux.md "IntelRdt" */
export const INTEL_RDT_SHAPE: ObjectShape<LinuxIntelRdt> = {
  is: 'object',
  fields: {
    closID: { is: 'text', rule: closId },
    schemata: { is: 'list', of: { is: 'text', rule: line } },
    l3CacheSchema: TEXT,
    memBwSchema: { is: 'text', rule: bandwidth },
    enableMonitoring: BOOLEAN,
    enableCMT: BOOLEAN,
    enableMBM: BOOLEAN,
  },
}

/** The class of service is a directory in resctrl; `/` is the root class. */
function closId(text: string): string | undefined {
  const isDirectory = /^[^/\n]{1,255}$/.test(text) && !RESERVED.includes(text)
  return text === '/' || isDirectory ? undefined : 'a directory name, or / for the root class'
}

function line(text: string): string | undefined {
  return text === '' || text.includes('\n') ? 'one line of text' : undefined
}

function bandwidth(text: string): string | undefined {
  return text.startsWith('MB:') && !text.includes('\n') ? undefined : 'one line that starts with MB:'
}
