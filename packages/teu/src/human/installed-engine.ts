/** The real {@link Engine}. */

import { readFileSync } from 'node:fs'
import { Containers, explainPlan, probeHost, resolveSeccompProfile } from '@teu/container'
import { planRun, run } from '@teu/engine'
import { type LinuxSeccomp, parseJson, TeuError } from '@teu/spec'
import type { Engine } from './engine.ts'
import { engineOptionsOf } from './engine-options.ts'

/** The engine that is installed beside the command line. One run needs one helper process, which ends with it. */
export const engine: Engine = {
  run: async (request, root) => await run({ ...engineOptionsOf(request, readSeccomp), containers: await open(root) }),
  explain: async (request, root, how) => {
    const plan = planRun({ ...engineOptionsOf(request, readSeccomp), containers: await open(root) })
    return explainPlan(plan, how)
  },
}

async function open(root: string | undefined): Promise<Containers> {
  return await Containers.open({ helper: 'once', ...(root !== undefined && { root }) })
}

/** Profiles in the format of Docker and Podman, or as in a config. */
function readSeccomp(file: string, capabilities: readonly string[]): LinuxSeccomp {
  let text: Buffer
  try {
    text = readFileSync(file)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new TeuError('ERR_TEU_USAGE', `--security-opt: cannot read ${file}: ${code === 'ENOENT' ? 'it does not exist' : code}`, {
      path: file,
      errno: code,
      cause,
    })
  }
  const { machine, kernel } = probeHost()
  return resolveSeccompProfile(parseJson(text, { file }), { capabilities, machine, kernel })
}
