/** `npm run check`: the inner loop. Everything that needs neither root nor a container; prints what failed at the end. */

import { checks, unitTests } from './checks.ts'
import { runSteps } from './step.ts'

const failed = await runSteps([...checks, unitTests()])
console.log(failed.length === 0 ? 'all checks passed' : `failed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
