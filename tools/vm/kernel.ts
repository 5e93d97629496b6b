/** Debian's kernel and an initramfs with what it needs to reach a 9p root file system, kept in the user's cache. */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { cpio, directory, program } from './cpio.ts'

/** Files to boot from. */
export interface Kernel {
  readonly image: string
  readonly initramfs: string
  readonly release: string
}

/** Everything the initramfs loads, for its root and for tests (veth, loop); what they depend on comes with them. */
const MODULES = ['virtio_pci', '9pnet_virtio', '9p', 'overlay', 'veth', 'loop']
const DIRECTORIES = ['bin', 'modules', 'proc', 'sys', 'dev', 'lower', 'upper', 'root']

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'teu/vm')

const output = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

/** The package that the meta package `linux-image-amd64` stands for at present. */
function packageName(meta: string): string {
  const found = /Depends: (linux-image-\d\S*)/.exec(output('apt-cache', 'depends', meta))?.[1]
  if (found === undefined) throw new Error(`apt-cache knows no kernel for ${meta}: run apt-get update`)
  return found
}

/** Downloads and unpacks the kernel package; resolves with its directory. */
function download(name: string): string {
  const place = join(cache, name)
  if (existsSync(place)) return place
  mkdirSync(cache, { recursive: true })
  const temporary = mkdtempSync(join(cache, 'new-'))
  try {
    execFileSync('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', name], {
      cwd: temporary,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const archive = readdirSync(temporary).find((file) => file.endsWith('.deb')) ?? ''
    execFileSync('dpkg', ['-x', join(temporary, archive), join(temporary, 'tree')])
    renameSync(join(temporary, 'tree'), place)
  } finally {
    rmSync(temporary, { recursive: true })
  }
  return place
}

const moduleName = (file: string): string =>
  basename(file)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_')

function moduleContent(file: string): Buffer {
  if (file.endsWith('.xz')) return execFileSync('xz', ['-dc', file], { maxBuffer: 1 << 28 })
  if (file.endsWith('.zst')) return execFileSync('zstd', ['-dc', file], { maxBuffer: 1 << 28 })
  return readFileSync(file)
}

/** Names that a module's own information says it depends on. */
function dependencies(content: Buffer): string[] {
  const start = content.indexOf('\0depends=')
  const text = start < 0 ? '' : content.toString('latin1', start + '\0depends='.length, content.indexOf(0, start + 1))
  return text.split(',').filter((name) => name !== '')
}

/** The wanted modules and what they need, in an order in which they can be loaded. Modules built into the kernel are left out. */
function modulesInOrder(tree: string): { name: string; content: Buffer }[] {
  const files = readdirSync(tree, { recursive: true, encoding: 'utf8' }).filter((file) => /\.ko(\.\w+)?$/.test(file))
  const byName = new Map(files.map((file) => [moduleName(file), join(tree, file)]))
  const ordered = new Map<string, Buffer>()
  const visit = (name: string): void => {
    const file = byName.get(name.replaceAll('-', '_'))
    if (file === undefined || ordered.has(name)) return
    const content = moduleContent(file)
    for (const needed of dependencies(content)) visit(needed)
    ordered.set(name, content)
  }
  for (const name of MODULES) visit(name)
  return [...ordered].map(([name, content]) => ({ name, content }))
}

/** The newest kernel of the distribution; `meta` for another one. @throws {Error} when apt cannot give it */
export function prepareKernel(meta: string = 'linux-image-amd64'): Kernel {
  const tree = download(packageName(meta))
  const modules = join(tree, existsSync(join(tree, 'usr/lib/modules')) ? 'usr/lib/modules' : 'lib/modules')
  const release = readdirSync(modules)[0] ?? ''
  const initramfs = `${tree}.initramfs`
  const init = readFileSync(new URL('init.sh', import.meta.url))
  const loads = modulesInOrder(join(modules, release))
  const entries = [
    ...DIRECTORIES.map((name) => directory(name)),
    program('bin/busybox', readFileSync('/bin/busybox')),
    program('init', init),
    ...loads.map(({ name, content }, n) => program(`modules/${String(n).padStart(2, '0')}-${name}.ko`, content)),
  ]
  writeFileSync(initramfs, cpio(entries))
  return { image: join(tree, 'boot', `vmlinuz-${release}`), initramfs, release }
}
