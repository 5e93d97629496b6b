/** Labels of images are text of strangers. On a container's record the same keys are orders, to this client and to other engines. */

/**
 * Prefixes of keys that engines act on: where a container's FIFOs are (`dev.teu/`, `com.docker/`), the name that it answers to (`nerdctl/`), what
 * containerd restarts or runs as its logger (`containerd.io/`, `io.containerd.`), and what the kubelet takes for its own (`io.cri-containerd`,
 * `io.kubernetes.`).
 */
const ACTED_ON = ['dev.teu/', 'com.docker/', 'nerdctl/', 'containerd.io/', 'io.containerd.', 'io.cri-containerd', 'io.kubernetes.']

/** The labels of an image that only people read: a container gets these. */
export function plainLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !ACTED_ON.some((prefix) => key.startsWith(prefix))))
}
