/**
 * Makes package-lock.json complete again after `npm install` ran against a registry mirror that lacks the packages of other
 * platforms: npm then leaves those optional packages out, and `npm ci` refuses the file. The entries written here carry the exact
 * version and the platform, so that npm skips them where they do not belong. Run with --check to only report.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))

const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const CPU = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']

/** `binding-linux-arm-gnueabihf` → linux, arm, glibc. */
function platformOf(name) {
  const words = name.split(/[-/]/)
  const os = OS.find((os) => words.includes(os))
  const cpu = CPU.find((cpu) => words.includes(cpu))
  const libc = words.some((word) => word.startsWith('musl')) ? 'musl' : words.some((word) => word.startsWith('gnu')) ? 'glibc' : undefined
  return { ...(cpu && { cpu: [cpu] }), ...(libc && os === 'linux' && { libc: [libc] }), ...(os && { os: [os] }) }
}

/** @type {[string, object][]} */
const missing = []
for (const [where, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const nested = `${where}/node_modules/${name}`
    const top = `node_modules/${name}`
    if (lock.packages[nested] || lock.packages[top]) continue
    const platform = platformOf(name)
    if (!/^\d+\.\d+\.\d+$/.test(version) || !platform.os) continue
    missing.push([top, { version, ...platform, ...(entry.dev === false || where === '' ? {} : { dev: true }), optional: true }])
  }
}

if (process.argv.includes('--check')) {
  if (missing.length > 0) {
    console.error(
      `package-lock.json lacks ${missing.length} optional packages, for example ${missing[0]?.[0]}: run node tools/complete-lock.mjs`,
    )
    process.exit(1)
  }
} else if (missing.length > 0) {
  const head = Object.entries(lock.packages).filter(([where]) => where === '')
  const rest = [...Object.entries(lock.packages).filter(([where]) => where !== ''), ...missing]
  lock.packages = Object.fromEntries([...head, ...rest.sort(([a], [b]) => a.localeCompare(b, 'en'))])
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
  console.log(`added ${missing.length} entries to package-lock.json`)
}
