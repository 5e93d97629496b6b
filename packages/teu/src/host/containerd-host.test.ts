import { expect, it } from 'vitest'
import { ContainerdHost } from './containerd-host.ts'

const connecting = (socket: string): Promise<unknown> => ContainerdHost.connect({ socket, namespace: 'default', root: undefined })

it.each([
  ['/nonexistent/x.sock', 'ENOENT', 'the socket does not exist'],
  ['/dev/null/x.sock', 'ENOTDIR', 'a part of the path is no directory'],
  [`/${'x'.repeat(300)}/x.sock`, 'ENAMETOOLONG', 'stat failed with ENAMETOOLONG'],
  ['/dev', undefined, 'it is not a socket'],
])('says why %s cannot be reached, and what to do', async (socket, errno, reason) => {
  await expect(connecting(socket)).rejects.toMatchObject({
    code: 'ERR_TEU_UNAVAILABLE',
    ...(errno === undefined ? {} : { errno }),
    path: socket,
    message: expect.stringContaining(reason),
    remedy: expect.stringContaining('--host'),
  })
})
