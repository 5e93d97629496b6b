/** Methods of services by short names, for tests. */

import { Containers } from '../gen/containerd/services/containers/v1/containers.gen.ts'
import { Snapshots } from '../gen/containerd/services/snapshots/v1/snapshots.gen.ts'
import { Tasks } from '../gen/containerd/services/tasks/v1/tasks.gen.ts'

/** As in `services`, but to be told to a fake transport. */
export const ServiceMethods: {
  readonly containers: typeof Containers.method
  readonly snapshots: typeof Snapshots.method
  readonly tasks: typeof Tasks.method
} = { containers: Containers.method, snapshots: Snapshots.method, tasks: Tasks.method }
