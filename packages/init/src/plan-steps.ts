import { type Plan, STAGES, type Stage, type Step } from './steps.ts'

/** All steps of a plan in the order of their wire indexes: parent, joiner, container, after. */
export function planSteps(plan: Plan): Step[] {
  return (Object.keys(STAGES) as Stage[]).flatMap((stage) => [...plan[stage]])
}
