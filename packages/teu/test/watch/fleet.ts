/** A machine's containers as one finds them: shops, monitoring, jobs. Nothing here is random, so that pictures of it are the same each time. */

import { COMPOSER_PROJECT_LABEL, type Container, type Usage } from '@teu/watch'
import { NamedEngine, type UsageScript } from './scripted-page.ts'

const MIB = 2 ** 20
const HOUR_MS = 3_600_000

interface Habit {
  readonly cpu: number
  readonly memoryMib: number
  readonly limitMib?: number
  readonly pids: number
}

const habits = new Map<string, Habit>()

/** project, name, hours of age, and what it takes */
type Line = readonly [project: string, name: string, hours: number, habit: Habit]

const DOCKER: readonly Line[] = [
  ['shop', 'shop-web-1', 52, { cpu: 23, memoryMib: 214, limitMib: 512, pids: 19 }],
  ['shop', 'shop-web-2', 52, { cpu: 19, memoryMib: 208, limitMib: 512, pids: 19 }],
  ['shop', 'shop-checkout-1', 9.2, { cpu: 11, memoryMib: 341, limitMib: 512, pids: 34 }],
  ['shop', 'shop-postgres-1', 412, { cpu: 38, memoryMib: 1466, limitMib: 2048, pids: 47 }],
  ['shop', 'shop-redis-1', 412, { cpu: 2.4, memoryMib: 61, limitMib: 128, pids: 6 }],
  ['shop', 'shop-mailer-1', 31, { cpu: 0.3, memoryMib: 88, limitMib: 256, pids: 11 }],
  ['metrics', 'prometheus', 940, { cpu: 14, memoryMib: 987, pids: 16 }],
  ['metrics', 'grafana', 940, { cpu: 1.9, memoryMib: 176, pids: 21 }],
  ['metrics', 'node-exporter', 940, { cpu: 0.4, memoryMib: 19, pids: 5 }],
  ['metrics', 'loki', 122, { cpu: 6.2, memoryMib: 402, limitMib: 1024, pids: 14 }],
  ['media', 'jellyfin', 63, { cpu: 147, memoryMib: 1210, limitMib: 4096, pids: 62 }],
  ['media', 'transcode-4k', 0.35, { cpu: 386, memoryMib: 742, limitMib: 1024, pids: 24 }],
  ['', 'registry', 1630, { cpu: 0.1, memoryMib: 43, pids: 9 }],
  ['', 'buildkitd', 77, { cpu: 4.1, memoryMib: 512, pids: 28 }],
]
const PODMAN: readonly Line[] = [
  ['ci', 'runner-a', 0.62, { cpu: 91, memoryMib: 1688, limitMib: 2048, pids: 118 }],
  ['ci', 'runner-b', 0.11, { cpu: 64, memoryMib: 803, limitMib: 2048, pids: 73 }],
  ['ci', 'runner-cache', 200, { cpu: 0.6, memoryMib: 122, pids: 8 }],
  ['docs', 'docs-preview', 3.4, { cpu: 0.2, memoryMib: 96, limitMib: 256, pids: 12 }],
  ['docs', 'docs-search', 3.4, { cpu: 3.3, memoryMib: 655, limitMib: 768, pids: 41 }],
  ['', 'toolbox', 26, { cpu: 0, memoryMib: 12, pids: 2 }],
]

/** An id as engines make them. */
const idOf = (text: string): string => {
  let [id, state] = ['', 2166136261]
  for (const char of text.repeat(8)) state = Math.imul(state ^ char.charCodeAt(0), 16777619) >>> 0
  while (id.length < 64) {
    state = Math.imul(state ^ (state >>> 15), 2246822519) >>> 0
    id += state.toString(16).padStart(8, '0')
  }
  return id.slice(0, 64)
}

/** Docker and Podman with twenty containers. */
export function smallFleet(now: Date = new Date()): NamedEngine[] {
  return [
    engineOf('/run/docker.sock', 'docker.com', '28.3.2', DOCKER, now),
    engineOf('/run/podman/podman.sock', 'podman.io', '5.5.1', PODMAN, now),
  ]
}

/** Docker with so many containers. */
export function largeFleet(count: number, now: Date = new Date()): NamedEngine[] {
  const services = ['web', 'api', 'worker', 'cache', 'queue', 'cron', 'proxy', 'search', 'auth', 'mailer']
  const lines = Array.from({ length: count }, (_, i): Line => {
    const project = `tenant-${String(Math.floor(i / services.length) + 1).padStart(2, '0')}`
    const habit = { cpu: ((i * 37) % 90) + 0.5, memoryMib: ((i * 131) % 900) + 12, limitMib: 1024, pids: ((i * 7) % 60) + 1 }
    return [project, `${project}-${services[i % services.length]}-1`, ((i * 53) % 900) / 3, habit]
  })
  return [engineOf('/run/docker.sock', 'docker.com', '28.3.2', lines, now)]
}

function engineOf(path: string, type: string, version: string, lines: readonly Line[], now: Date): NamedEngine {
  const engine = new NamedEngine(`unix://${path}`, type, version)
  for (const [project, name, hours, habit] of lines) {
    const id = idOf(name)
    habits.set(id, habit)
    const labels: Record<string, string> = {
      ...(project !== '' && { [COMPOSER_PROJECT_LABEL]: project, 'com.docker.compose.service': name }),
      'org.opencontainers.image.title': name.replace(/-\d+$/, ''),
      'org.opencontainers.image.licenses': 'Apache-2.0',
    }
    engine.images.set(
      id,
      `registry.example/${project === '' ? 'tools' : project}/${name.replace(/-(\d+|[ab])$/, '')}:${1 + (name.length % 4)}.${name.length}`,
    )
    const life = engine.start(id, labels)
    life.name = name
    life.pid += 4_000
    life.startedAt = new Date(now.getTime() - hours * HOUR_MS)
  }
  return engine
}

/** Busy ones go up and down, memory grows and is given back. */
export const fleetUsage: UsageScript = ({ id, paused }: Container, sample: number): Partial<Usage> => {
  const { cpu, memoryMib, limitMib, pids } = habits.get(id) ?? { cpu: 1, memoryMib: 10, pids: 1 }
  const phase = (Number.parseInt(id.slice(0, 4), 16) || 0) / 1000
  const wave = Math.sin(sample / 19 + phase) * 0.28 + Math.sin(sample / 5.3 + phase * 3) * 0.12 + Math.sin(sample * 1.7 + phase * 7) * 0.07
  const burst = (sample + Math.floor(phase * 10)) % 97 < 9 ? 0.55 : 0
  const saw = ((sample + phase * 40) % 140) / 140
  return {
    cpuPercent: paused ? 0 : Math.max(0, cpu * (1 + wave + burst)),
    memoryBytes: Math.round(memoryMib * MIB * (0.82 + saw * 0.16 + wave * 0.02)),
    memoryLimitBytes: limitMib === undefined ? undefined : limitMib * MIB,
    pids: Math.max(1, Math.round(pids * (1 + (burst > 0 ? 0.2 : 0) + wave * 0.1))),
  }
}
