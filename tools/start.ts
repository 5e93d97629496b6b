/** `npm start`: builds, then shows what teu does in a few real containers (demo.ts). */

import { run, runSteps, script } from './step.ts'

const failed = await runSteps([{ name: 'build', run: script('tools/build.ts') }])
process.exitCode = failed.length > 0 ? 1 : await run([process.execPath, '--import', 'tsx', 'tools/demo.ts'])
