/** An executable file that exists in memory only (memfd_create(2)), for machines on which no directory may hold programs. */

import { readFileSync, writeSync } from 'node:fs'
import { TeuError } from '@teu/spec'

/** Reads the mount table: true when the file system of `directory` refuses to execute. */
export function isMountedNoexec(directory: string): boolean {
  let best = ''
  let noexec = false
  for (const line of readFileSync('/proc/self/mounts', 'utf8').split('\n')) {
    const [, point = '', , options = ''] = line.split(' ')
    const covers = directory === point || directory.startsWith(point === '/' ? '/' : `${point}/`)
    // Of two mounts on one point the later one is on top.
    if (!covers || point.length < best.length) continue
    best = point
    noexec = options.split(',').includes('noexec')
  }
  return noexec
}

/** What is used of Bun's module for calls into shared libraries, which only these executables have. */
interface Ffi {
  readonly FFIType: { readonly ptr: number; readonly u32: number; readonly i32: number }
  dlopen(
    library: string,
    functions: { readonly memfd_create: { readonly args: readonly number[]; readonly returns: number } },
  ): { readonly symbols: { memfd_create(name: number, flags: number): number } }
  ptr(bytes: Uint8Array): number
}

declare function require(name: 'bun:ffi'): Ffi

let path: string | undefined

/** Puts `bytes` into a memory file and returns a path that this process and its children can execute while it lives.
 *  @throws {TeuError} ERR_TEU_UNSUPPORTED when the kernel does not execute memory files (vm.memfd_noexec) */
export function memoryFile(bytes: Uint8Array): string {
  path ??= create(bytes)
  return path
}

function create(bytes: Uint8Array): string {
  const { dlopen, FFIType, ptr } = require('bun:ffi')
  const library = dlopen('libc.so.6', { memfd_create: { args: [FFIType.ptr, FFIType.u32], returns: FFIType.i32 } })
  const MFD_CLOEXEC = 1
  const name = Buffer.from('teu-init\0')
  const fd = library.symbols.memfd_create(ptr(name), MFD_CLOEXEC)
  if (fd < 0) {
    throw new TeuError('ERR_TEU_UNSUPPORTED', 'Cannot run the helper program: memfd_create failed', {
      syscall: 'memfd_create',
      remedy: 'Mount /run (or XDG_RUNTIME_DIR) without noexec',
    })
  }
  let offset = 0
  while (offset < bytes.length) offset += writeSync(fd, bytes, offset)
  // Children look the number up in their parent's table: their own is closed at exec.
  return `/proc/${process.pid}/fd/${fd}`
}
