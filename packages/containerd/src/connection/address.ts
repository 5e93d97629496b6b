/** Where daemons listen. */

/** Sockets of daemons that other software starts. */
export const WELL_KNOWN_ADDRESSES: Readonly<Record<'containerd' | 'docker' | 'k3s' | 'microk8s', string>> = {
  containerd: 'unix:///run/containerd/containerd.sock',
  docker: 'unix:///run/docker/containerd/containerd.sock',
  k3s: 'unix:///run/k3s/containerd/containerd.sock',
  microk8s: 'unix:///var/snap/microk8s/common/run/containerd.sock',
}

/** The socket of an ordinary user's own daemon; undefined without `XDG_RUNTIME_DIR`. */
export function rootlessAddress(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const runtimeDir = env['XDG_RUNTIME_DIR']
  return runtimeDir === undefined || runtimeDir === '' ? undefined : `unix://${runtimeDir}/containerd/containerd.sock`
}

/** `$CONTAINERD_ADDRESS`, or containerd's usual socket. */
export function defaultAddress(env: NodeJS.ProcessEnv = process.env): string {
  const address = env['CONTAINERD_ADDRESS']
  return address === undefined || address === '' ? WELL_KNOWN_ADDRESSES.containerd : address
}

/** `$CONTAINERD_NAMESPACE`, or `default`. */
export function defaultNamespace(env: NodeJS.ProcessEnv = process.env): string {
  const namespace = env['CONTAINERD_NAMESPACE']
  return namespace === undefined || namespace === '' ? 'default' : namespace
}
