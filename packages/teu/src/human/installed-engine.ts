/** The real {@link Engine}. */

import { Containers, explainPlan, type OpenOptions, probeHost, resolveSeccompProfile } from '@teu/container'
import { planRun, run } from '@teu/engine'
import { type LinuxSeccomp, parseJson, TeuError } from '@teu/spec'
import type { Engine } from './engine.ts'
import { engineOptionsOf } from './engine-options.ts'
import { readInput } from '../cli/input-file.ts'

/** The engine that is installed beside the command line. */
export const engine: Engine = {
  run: async (request, root) => {
    // Pipes to the container need the helper that stays; it ends when this process does.
    const helper = request.capture ? 'spawner' : 'once'
    const containers = await Containers.open({ helper, trace: request.trace, ...(root !== undefined && { root }) })
    return await run({ ...engineOptionsOf(request, readSeccomp), containers })
  },
  explain: (request, root, how) =>
    Promise.resolve().then(() => {
      const open: OpenOptions = { helper: 'once', ...(root !== undefined && { root }) }
      return explainPlan(planRun(engineOptionsOf(request, readSeccomp), open), how)
    }),
}

/** Profiles in the format of Docker and Podman, or as in a config. */
function readSeccomp(file: string, capabilities: readonly string[]): LinuxSeccomp {
  let text: Buffer
  try {
    text = readInput(file)
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
