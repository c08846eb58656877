/** Disks under etcd: how long a WAL sync and a backend commit take. */
import type { Profile } from './profile.ts';

/** A lognormal sync and a commit of about two syncs and the pages between them, in milliseconds. */
function disk(
  help: string,
  source: string,
  sync: readonly [p50: number, p99: number],
  commit: readonly [p50: number, p99: number],
): Profile {
  const lognormal = ([p50, p99]: readonly [number, number]) => ({
    distribution: 'lognormal',
    p50: `${p50}ms`,
    p99: `${p99}ms`,
  });
  return { help, source, values: { 'etcd.walSync': lognormal(sync), 'etcd.backendCommit': lognormal(commit) } };
}

export const diskProfiles = {
  'disk-nvme': disk(
    'A local NVMe drive with power-loss protection.',
    'data/measured/etcd/fdatasync.csv: preallocated writes of 0.5-4 kB to a disk with a write-back cache, p50 0.13 ms, p99 0.28 ms',
    [0.13, 0.28],
    [0.6, 2.5],
  ),
  'disk-ssd': disk(
    'A local SATA SSD.',
    'etcd documentation, hardware.md: fdatasync on SSDs takes less than 1 ms; the tail is an assumption of four times the median',
    [0.8, 3.2],
    [2.5, 12],
  ),
  'disk-cloud': disk(
    'A network-attached SSD volume of a cloud.',
    'etcd documentation, hardware.md: 2 ms for an 8 kB write and fdatasync under heavy load is good; p99 10 ms is the usual alert threshold',
    [2, 10],
    [5, 25],
  ),
  'disk-hdd': disk(
    'A spinning disk.',
    'etcd documentation, performance.md: fdatasync on spinning disks takes about 10 ms',
    [10, 30],
    [25, 100],
  ),
} as const satisfies Record<string, Profile>;
