/** How CRI is found: only when it is asked for, because an engine's other API tells more, and containerd has both on one socket. */

import type { Source } from '../source.ts'
import { CRI_TYPE, CriEngine } from './cri-engine.ts'

export const CRI: Source = {
  type: CRI_TYPE,
  sockets: [],
  userSockets: [],
  socketName: /^(?:crio|cri-dockerd).*\.sock$/,
  processes: [],
  open: (address, options) => new CriEngine(address, options),
  answers: async (address, options) => {
    await using engine = new CriEngine(address)
    return await engine.attempt(options).then(
      () => true,
      () => false,
    )
  },
}
