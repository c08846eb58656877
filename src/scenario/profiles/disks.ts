/** Disks under etcd: how long a write of its log and the sync take. Backend commits take two syncs of the same disk and their pages. */
import type { Profile } from './profile.ts';

/** A lognormal sync, in milliseconds, and what else differs. */
function disk(
  help: string,
  source: string,
  sync: readonly [p50: number, p99: number],
  more: Profile['values'] = {},
): Profile {
  const [p50, p99] = sync;
  return {
    help,
    source,
    values: { 'etcd.walSync': { distribution: 'lognormal', p50: `${p50}ms`, p99: `${p99}ms` }, ...more },
  };
}

export const diskProfiles = {
  'disk-nvme': disk(
    'A local NVMe drive with power-loss protection.',
    'data/measured/etcd/fdatasync.csv: preallocated writes of 0.5-4 kB to a disk with a write-back cache, p50 0.13 ms, p99 0.28 ms',
    [0.13, 0.28],
  ),
  'disk-ssd': disk(
    'A local SATA SSD.',
    'etcd documentation, hardware.md: fdatasync on SSDs takes less than 1 ms; the tail is an assumption of four times the median',
    [0.8, 3.2],
  ),
  'disk-cloud': disk(
    'A network-attached SSD volume of a cloud.',
    'etcd documentation, hardware.md: 2 ms for an 8 kB write and fdatasync under heavy load is good; p99 10 ms is the usual alert threshold',
    [2, 10],
  ),
  'disk-hdd': disk(
    'A spinning disk.',
    'etcd documentation, performance.md: fdatasync on spinning disks takes about 10 ms',
    [10, 30],
  ),
  'disk-noisy': disk(
    'A network-attached volume shared with a noisy neighbour: one sync in 500 stalls for a large part of a second.',
    'the sync of disk-cloud; etcd documentation, faq.md and tuning.md: other processes on the disk cause long fsyncs, warned of from 1 s on; how often and how long is an assumption',
    [2, 10],
    {
      'etcd.walStallShare': 0.002,
      'etcd.walStall': { distribution: 'lognormal', p50: '300ms', p99: '2s' },
    },
  ),
} as const satisfies Record<string, Profile>;
