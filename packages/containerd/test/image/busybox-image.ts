/** An image of a static busybox, in layers that overwrite, remove and replace what is below them. */

import { readFileSync } from 'node:fs'
import { which } from '../../../../tests/harness/requirements.ts'
import { tarOf, type TarEntry } from '../../src/testing/image-files.ts'

const APPLETS = 'cat echo env false id ls pwd sh sleep stat test touch true wc'

const dir = (name: string, mode = 0o755): TarEntry => [{ name: `${name}/`, type: 'directory', mode }]
const file = (name: string, content: string | Buffer, mode = 0o644): TarEntry => [{ name, mode }, content]

/** The lowest layer. */
export function baseLayer(): Promise<Buffer> {
  const links = APPLETS.split(' ').map((name): TarEntry => [{ name: `bin/${name}`, type: 'symlink', linkname: 'busybox' }])
  return tarOf([
    ...['bin', 'dev', 'etc', 'proc', 'sys', 'root', 'data', 'data/deep', 'old'].map((name) => dir(name)),
    dir('tmp', 0o1777),
    file('bin/busybox', readFileSync(which('busybox') ?? '/bin/busybox'), 0o755),
    ...links,
    file('etc/passwd', 'root:x:0:0::/root:/bin/sh\napp:x:1234:1235::/data:/bin/sh\n'),
    file('etc/group', 'root:x:0:\napp:x:1235:\nextra:x:77:other,app\n'),
    file('data/kept', 'kept\n'),
    file('data/changed', 'before\n'),
    file('data/removed', 'removed\n'),
    file('data/deep/one', 'one\n'),
    file('old/below', 'below\n'),
  ])
}

/** Changes one file, removes a file and a directory, and replaces a directory as a whole. */
export function changesLayer(): Promise<Buffer> {
  return tarOf([
    dir('data'),
    file('data/changed', 'after\n'),
    file('data/.wh.removed', ''),
    file('data/.wh.deep', ''),
    dir('old'),
    file('old/.wh..wh..opq', ''),
    file('old/above', 'above\n'),
    file('data/owned', 'owned\n', 0o600),
  ])
}

/** A small file on top. */
export function topLayer(text = 'top\n'): Promise<Buffer> {
  return tarOf([dir('data'), file('data/top', text)])
}
