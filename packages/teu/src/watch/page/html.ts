/** Markup as tagged templates. What is put into them becomes text or attributes, and never markup. */

import htm from 'htm'
import { h, type VNode } from 'preact'

type Template = (strings: TemplateStringsArray, ...values: unknown[]) => VNode

/** Makes the nodes of a template with one root. */
export const html: Template = (htm as unknown as { bind(create: typeof h): Template }).bind(h)
