/** The real {@link Engine}. */

import { readFileSync } from 'node:fs'
import { Containers, explainPlan, type HelperKind, type OpenOptions, probeHost, resolveSeccompProfile } from '@teu/container'
import { planRun, run } from '@teu/engine'
import { type LinuxSeccomp, parseJson, TeuError } from '@teu/spec'
import type { Engine } from './engine.ts'
import { engineOptionsOf } from './engine-options.ts'

/** The engine that is installed beside the command line. */
export const engine: Engine = {
  run: async (request, root) =>
    await run({ ...engineOptionsOf(request, readSeccomp), containers: await open(root, request.capture ? 'spawner' : 'once') }),
  explain: (request, root, how) =>
    Promise.resolve().then(() => {
      const open: OpenOptions = { helper: 'once', ...(root !== undefined && { root }) }
      return explainPlan(planRun(engineOptionsOf(request, readSeccomp), open), how)
    }),
}

/** Pipes to the container need the helper that stays; it ends when this process does. */
async function open(root: string | undefined, helper: HelperKind): Promise<Containers> {
  return await Containers.open({ helper, ...(root !== undefined && { root }) })
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
