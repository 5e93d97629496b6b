/** Engines, with how they are heard, and projects; each narrows the table to its own containers. */

import type { VNode } from 'preact'
import type { WireEngine, WireEngineState } from '../web/wire.ts'
import { html } from './html.ts'
import { legible } from './legible.ts'
import type { Actions, PageState } from './page-state.ts'
import { addressText, engineName } from './quantities.ts'
import { countsBy } from './totals.ts'

const STATE: Readonly<Record<WireEngineState, string>> = { watching: 'connected', connecting: 'connecting', lost: 'not reachable' }

/** See the head of this file. */
export function Side({ state, actions }: { readonly state: PageState; readonly actions: Actions }): VNode {
  const { model, engine, project } = state
  const inEngines = countsBy(model, ({ container }) => container.engine)
  const inProjects = countsBy(model, ({ container }) => container.project)
  const projects = [...inProjects.keys()].filter((name) => name !== '' || inProjects.size > 1).sort(byName)
  // What is chosen stays there to be taken back, also when its last container has ended.
  if (project !== undefined && !projects.includes(project)) projects.push(project)
  return html`<nav class="side" aria-label="Engines and projects">
    <section aria-labelledby="engines-title">
      <h2 id="engines-title">Engines</h2>
      <ul>
        ${model.engines.map(
          (one) => html`<${EngineItem} key=${one.api} engine=${one} count=${inEngines.get(one.api) ?? 0} isOn=${engine === one.api}
            toggle=${() => actions.set({ engine: engine === one.api ? undefined : one.api })} />`,
        )}
      </ul>
      ${model.isComplete && model.engines.length === 0 && html`<p class="none">None has been found.</p>`}
    </section>
    ${
      projects.length > 0 &&
      html`<section aria-labelledby="projects-title">
        <h2 id="projects-title">Projects</h2>
        <ul>
          ${projects.map(
            (name) => html`<li key=${`project ${name}`}>
              <button type="button" class="group" aria-pressed=${project === name}
                onClick=${() => actions.set({ project: project === name ? undefined : name })}>
                <span class="group-name">${name === '' ? html`<i>no project</i>` : html`<bdi>${legible(name)}</bdi>`}</span>
                <span class="group-count">${inProjects.get(name) ?? 0}</span>
              </button>
            </li>`,
          )}
        </ul>
      </section>`
    }
  </nav>`
}

interface EngineProps {
  readonly engine: WireEngine
  readonly count: number
  readonly isOn: boolean
  readonly toggle: () => void
}

function EngineItem({ engine: { api, type, version, state, error }, count, isOn, toggle }: EngineProps): VNode {
  return html`<li>
    <button type="button" class=${`group engine is-${state}`} aria-pressed=${isOn} onClick=${toggle} title=${legible(error)}>
      <span class="engine-state" aria-hidden="true"></span>
      <span class="group-name">
        <bdi>${legible(engineName(type))}</bdi>${version !== '' && html` <span class="version">${legible(version)}</span>`}
        <span class="address"><bdi>${legible(addressText(api))}</bdi></span>
        <span class=${state === 'watching' ? 'visually-hidden' : 'trouble'}>${STATE[state]}${error !== '' && html`<span class="reason">: ${legible(error)}</span>`}</span>
      </span>
      <span class="group-count">${count}</span>
    </button>
  </li>`
}

/** The containers outside of projects come last. */
function byName(a: string, b: string): number {
  if (a === '' || b === '') return a === '' ? 1 : -1
  return a.localeCompare(b, undefined, { numeric: true })
}
