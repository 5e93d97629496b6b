import type { Step } from '@teu/init'
export function planDeviceRules(..._: unknown[]): Step[] {
  return []
}
