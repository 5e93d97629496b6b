/** The terminal while it is ours: taken, drawn on, and given back. */

import type { Writable } from 'node:stream'
import type { Console } from '../../host/console.ts'
import { Canvas, ENTER, LEAVE } from './canvas.ts'

/** A terminal that takes nothing any more, because its output is stopped or its other end is gone, keeps nobody longer. */
const PATIENCE_MS = 1000

/** See the head of this file. */
export class TerminalPage {
  readonly #console: Console
  readonly #output: Writable
  readonly #canvas = new Canvas()
  #isOpen = false
  #failure: Error | undefined
  #mustClear = false
  #stopGuard: (() => void) | undefined

  constructor(console: Console) {
    this.#console = console
    this.#output = console.output('stdout')
    // Writes after the one that has failed say only that they are later.
    this.#output.on('error', (error) => (this.#failure ??= error))
  }

  /** Takes the terminal; again, after the process was stopped. */
  open(): void {
    this.#isOpen = true
    this.#console.setRaw(true)
    this.#stopGuard ??= this.#console.onCrash(LEAVE, () => this.#isOpen)
    this.#canvas.forget()
    this.#output.write(ENTER)
  }

  /** What is on the screen is not known any more. */
  clear(): void {
    this.#canvas.forget()
    this.#mustClear = true
  }

  /** Shows lines, and nothing when they are shown already. Resolves when the terminal has them.
   *  @throws the error of the terminal */
  async show(lines: readonly string[]): Promise<void> {
    if (!this.#isOpen) return
    const before = this.#mustClear ? '\u001b[0m\u001b[2J' : ''
    this.#mustClear = false
    const text = before + this.#canvas.difference(lines)
    if (text !== '') await this.#write(text)
  }

  /** Gives the terminal back for now. */
  async leave(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS)
    })
    await Promise.race([this.#write(LEAVE).catch(() => undefined), patience])
    clearTimeout(timer)
    this.#console.setRaw(false)
  }

  /** Gives it back for good. */
  async close(): Promise<void> {
    await this.leave()
    this.#stopGuard?.()
  }

  #write(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#output.write(text, (error) => (error ? reject(this.#failure ?? error) : resolve()))
    })
  }
}
