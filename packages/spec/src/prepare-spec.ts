import type { Mount } from './types/mount.ts'
import type { Spec } from './types/spec.ts'

/**
 * The config with every path made absolute that the specification allows to be relative: `root.path` and the sources of bind mounts
 * (from the bundle), mount destinations (from `/`). Absolute paths stay as they are. Pure: returns a new object, shares what has not
 * changed.
 * @param bundle  absolute path of the bundle directory
 * @throws {RangeError} when `bundle` is not absolute
 * @see runtime-spec config.md "Root", "Mounts"
 */
export function prepareSpec(spec: Spec, bundle: string): Spec {
  if (!bundle.startsWith('/')) throw new RangeError(`the bundle must be an absolute path, got ${JSON.stringify(bundle)}`)
  const root = { ...spec.root, path: absoluteFrom(bundle, spec.root.path) }
  const mounts = spec.mounts?.map((mount) => prepareMount(mount, bundle))
  return mounts === undefined ? { ...spec, root } : { ...spec, root, mounts }
}

/** True for a mount of something that exists on the host. @see runtime-spec config.md "Mounts" */
export function isBindMount(mount: Mount): boolean {
  return mount.type === 'bind' || (mount.options?.some((option) => option === 'bind' || option === 'rbind') ?? false)
}

function prepareMount(mount: Mount, bundle: string): Mount {
  const destination = absoluteFrom('/', mount.destination)
  const source = mount.source && isBindMount(mount) ? absoluteFrom(bundle, mount.source) : mount.source
  return destination === mount.destination && source === mount.source ? mount : { ...mount, destination, source }
}

/** `..` stays as it is: behind a link it does not lead where the text says. */
function absoluteFrom(base: string, path: string): string {
  if (path.startsWith('/')) return path
  let absolute = ''
  for (const part of `${base}/${path}`.split('/')) if (part !== '' && part !== '.') absolute += `/${part}`
  return absolute === '' ? '/' : absolute
}
