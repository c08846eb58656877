/** Probes of containers (K:pkg/apis/core/v1/defaults.go:SetDefaults_Probe). */
import type { Nanoseconds } from '../units/index.ts';

/** Ways in which a probe asks, as a manifest names them. */
export const probeHandlers = ['exec', 'grpc', 'httpGet', 'tcpSocket'] as const;

/** A way in which a probe asks. */
export type ProbeHandler = (typeof probeHandlers)[number];

/** A probe of a container (pkg/apis/core/v1/defaults.go:SetDefaults_Probe). */
export interface Probe {
  readonly initialDelay: Nanoseconds;
  readonly period: Nanoseconds;
  readonly timeout: Nanoseconds;
  readonly successThreshold: number;
  readonly failureThreshold: number;
  readonly handler: ProbeHandler;
  /** Grace period of a container that is killed because of this probe; left out = the pod's. */
  readonly terminationGracePeriod?: Nanoseconds;
}
