/** Metrics of tasks from the wire, of either layout. */

import { readProtobufAny, type Any } from '../any.ts'
import { MetricsSchema as MetricsV1Schema, type Metrics as MetricsV1 } from '../gen/containerd/cgroups/v1/metrics.gen.ts'
import { MetricsSchema as MetricsV2Schema, type Metrics as MetricsV2 } from '../gen/containerd/cgroups/v2/metrics.gen.ts'

/** Metrics under cgroup v1: times in nanoseconds, sizes in bytes, as bigint. */
export type CgroupV1Metrics = MetricsV1 & { readonly version: 1 }
/** Metrics under cgroup v2: times in microseconds, sizes in bytes, as bigint. */
export type CgroupV2Metrics = MetricsV2 & { readonly version: 2 }
/** `version` tells them apart. */
export type TaskMetrics = CgroupV1Metrics | CgroupV2Metrics

/** Reads metrics; undefined for a type that is neither. */
export function readTaskMetrics(data: Any | undefined): TaskMetrics | undefined {
  const v1 = readProtobufAny(MetricsV1Schema, data)
  if (v1 !== undefined) return Object.assign(v1, { version: 1 as const })
  const v2 = readProtobufAny(MetricsV2Schema, data)
  return v2 === undefined ? undefined : Object.assign(v2, { version: 2 as const })
}
