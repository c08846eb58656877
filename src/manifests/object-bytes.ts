/**
 * Sizes of objects as kube-apiserver stores them, estimated from what the user wrote: protobuf is smaller than JSON by a measured ratio,
 * and the server adds metadata and defaults of about fixed size.
 */
import { type Bytes, bytes } from '../units/index.ts';

/** Protobuf bytes per JSON byte (data/measured/objects/summary.csv: Deployment 0.65, PodList 0.645). */
const PROTOBUF_PER_JSON_BYTE = 0.65;

/**
 * Bytes that the server adds to what was written: uid, timestamps, owner references, defaulted fields; for workloads also managedFields and
 * status. Anchored where a one-container object of data/measured/objects/summary.csv (pods, Deployments, Namespaces) or the estimates of
 * object sizes (Services 1 kB) lie. managedFields and status of pods are counted by the API machinery, as they grow while the pod lives.
 */
const ADDED_BYTES = { pod: 750, deployment: 2000, replicaSet: 1500, service: 800, other: 300 } as const;

/** Stored size of an object that was written like this. */
export function estimateStoredBytes(written: unknown, kind: keyof typeof ADDED_BYTES): Bytes {
  return bytes(Math.ceil(JSON.stringify(written ?? {}).length * PROTOBUF_PER_JSON_BYTE) + ADDED_BYTES[kind]);
}
