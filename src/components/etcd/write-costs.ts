/**
 * What a write to the log costs beside the disk's time: a follower's CPU for an append, and CPU that nobody waits for, of the machine and of the threads that
 * take over from the one that waits for the disk.
 */
import type { ValuesOf } from '../../engine/index.ts';
import type { Host } from '../host/host.ts';
import type { etcdParameters } from './etcd.parameters.ts';

type Parameters = ValuesOf<typeof etcdParameters>;

/** A follower's CPU for an append: it comes before the write, slowed by what else runs there. Returns how long it takes. */
export function chargeAppend(host: Host, parameters: Parameters, entries: number): number {
  const cpu = parameters.followerBatchCpu + parameters.followerEntryCpu * entries;
  const took = Math.round(cpu * host.threadsPerCore());
  host.charge(cpu);
  return took;
}

/** How long a thread that comes back from the disk waits for a processor behind the others, if it had to give its own away [ns]. */
export function waitBack(host: Host, parameters: Parameters): number {
  return Math.round(parameters.syncReturn * (host.threadsPerCore() - 1));
}

/** A thread waits for the disk: the machine works on the write, and a leader, which has more to do, hands its processor over. */
export function chargeBlockedWrite(host: Host, parameters: Parameters, isLeader: boolean): void {
  if (isLeader) host.chargeBeside(parameters.syncCpu);
  host.chargeSystem(parameters.syncSystemCpu);
}
