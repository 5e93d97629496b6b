/**
 * teu-init inside the single-file executables. A program can only be executed from a file, so it is written, once for each version,
 * to a directory that only this user can enter; where nothing may be executed (noexec), it is executed from memory.
 */

import { chmodSync, closeSync, linkSync, lstatSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs'
import { basename } from 'node:path'
import { provideInitBinary } from '@teu/init'
import { TeuError } from '@teu/spec'
import embedded from '../../../init/dist/teu-init' with { type: 'file' }
import { isMountedNoexec, memoryFile } from './memory-file.ts'

provideInitBinary(() => {
  const directory = privateDirectory()
  // The bundler puts a hash of the content into the name.
  const path = directory && `${directory}/${basename(embedded)}`
  if (path !== undefined && isOurExecutable(path)) return path
  const bytes = readFileSync(embedded)
  if (directory === undefined || path === undefined || isMountedNoexec(directory)) return memoryFile(bytes)
  writeExecutable(path, bytes)
  return path
})

/** `/run/teu/.init`, or the same below XDG_RUNTIME_DIR; undefined when there is none that is ours alone. */
function privateDirectory(): string | undefined {
  const runtime = process.geteuid?.() === 0 ? '/run' : process.env['XDG_RUNTIME_DIR']
  if (runtime === undefined || !runtime.startsWith('/')) return undefined
  const directory = `${runtime}/teu/.init`
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    return isOursAlone(`${runtime}/teu`) && isOursAlone(directory) ? directory : undefined
  } catch {
    // A read-only or missing /run is no reason to fail: memory always works.
    return undefined
  }
}

/** A directory of this user that nobody else can write to. Links are not followed. */
function isOursAlone(path: string): boolean {
  const stat = lstatSync(path)
  return stat.isDirectory() && stat.uid === process.geteuid?.() && (stat.mode & 0o022) === 0
}

/** It gets its name when it is complete, so what is there is whole. */
function isOurExecutable(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return stat?.isFile() === true && stat.uid === process.geteuid?.() && (stat.mode & 0o777) === 0o500
}

/** Several processes may do this at once: each writes a file of its own and links it to the name; any of them is as good. */
function writeExecutable(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.${process.pid}`
  const fd = openSync(temporary, 'wx', 0o500)
  try {
    let offset = 0
    while (offset < bytes.length) offset += writeSync(fd, bytes, offset)
    chmodSync(temporary, 0o500)
  } finally {
    closeSync(fd)
  }
  try {
    linkSync(temporary, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new TeuError('ERR_TEU_SYSTEM', `Cannot write the helper program ${path}: ${(error as NodeJS.ErrnoException).code}`, {
        path,
        cause: error,
      })
    }
  } finally {
    unlinkSync(temporary)
  }
}
