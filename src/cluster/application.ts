/**
 * How the program in a container behaves: what a scenario says about it, since no image is ever run. Left out fields mean a program that starts as
 * the kubelet's parameters say and then does its work for ever.
 */
import type { DistributionSpec } from '../engine/index.ts';
import type { Bytes, Nanoseconds } from '../units/index.ts';

/** Behaviour of the program in a container, as plain data. Each life of the container draws anew. */
export interface ApplicationBehaviour {
  /** From the start of the container until the program answers probes [ns]; left out = `kubelet.applicationStart`. */
  readonly startTime?: DistributionSpec;
  /** From the start of the container until it ends with success [ns]: of init containers; left out = `kubelet.initContainerRun`. */
  readonly runTime?: DistributionSpec;
  /** From when it answers until it answers no more, although it runs on [ns]; left out = never. */
  readonly hangsAfter?: DistributionSpec;
  /** How long it does not answer then, before it answers again as long as before [ns]; left out = until it is restarted. */
  readonly hangTime?: DistributionSpec;
  /** From the start of the container until it exits with {@link exitCode} [ns]; left out = never. */
  readonly crashesAfter?: DistributionSpec;
  /** Exit code of a crash. */
  readonly exitCode: number;
  /** Lives of the container that end by a crash; the ones after them do not; left out = all. */
  readonly crashes?: number;
  /** From SIGTERM until it has exited [ns]; left out = `kubelet.containerStop`. */
  readonly stopTime?: DistributionSpec;
  /** Memory that it uses once it answers [B]; left out = none that counts. */
  readonly memory?: DistributionSpec;
  /** What it takes more of it each second from then on: a leak [B/s]. */
  readonly memoryGrowth?: Bytes;
  /** Disk that its writable layer and logs use [B]; left out = none that counts. */
  readonly disk?: DistributionSpec;
  /** What they take more of it each second [B/s]. */
  readonly diskGrowth?: Bytes;
}

/** A hook before the end of a container (lifecycle.preStop). */
export interface PreStopHook {
  /** How long a hook of kind `sleep` takes [ns]; undefined = a command or request, which takes `kubelet.preStopHook`. */
  readonly sleep?: Nanoseconds;
}
