/** `npm start`: builds everything and shows what teu does, with real containers on this machine. */

import { runSteps, script } from './step.ts'

const steps = [
  { name: 'build', run: script('tools/build.ts') },
  { name: 'demo', run: script('tools/demo.ts') },
]
const failed = await runSteps(steps, { stopAtFailure: true })
process.exitCode = failed.length === 0 ? 0 : 1
