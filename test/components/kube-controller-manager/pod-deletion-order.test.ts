import { describe, expect, it } from 'vitest';
import { type ObjectKey, PodCondition, PodPhase, PodVersions, type VersionHandle } from '../../../src/cluster/index.ts';
import { podsToDelete } from '../../../src/components/kube-controller-manager/pod-deletion-order.ts';
import { RandomStreams } from '../../../src/engine/index.ts';
import { seconds, simTime } from '../../../src/units/index.ts';

const NOW = simTime(seconds(10_000));

interface Pod {
  readonly node?: number;
  readonly phase?: number;
  /** Since when it is Ready [s]; undefined = it is not. */
  readonly ready?: number;
  readonly created?: number;
  /** Most restarts of a container, and of a sidecar. */
  readonly restarts?: number;
  readonly sidecarRestarts?: number;
}

/** The order in which `pods` go, as indexes, if `count` of them go. */
function order(pods: readonly Pod[], count = pods.length - 1, related: [number, number][] = []): number[] {
  const table = new PodVersions();
  const versions = pods.map((pod, index) => {
    const { node = 1, phase = PodPhase.Running, ready, created = 0, restarts = 0, sidecarRestarts = 0 } = pod;
    const version = table.allocate(index as ObjectKey);
    table.uid.set(version, index + 1);
    table.node.set(version, node);
    table.phase.set(version, phase);
    table.createdAt.set(version, seconds(created));
    table.restarts.set(version, restarts);
    table.sidecarRestarts.set(version, sidecarRestarts);
    if (ready !== undefined) {
      table.conditions.set(version, PodCondition.Ready);
      table.readyAt.set(version, seconds(ready));
    }
    return version;
  });
  const uidOrder = new RandomStreams('deletion order', 0).keyed('uids');
  const gone = podsToDelete([...versions], count, { pods: table, now: NOW, related: new Map(related), uidOrder });
  return gone.map((version: VersionHandle) => table.key.get(version));
}

describe('the order in which pods of a ReplicaSet are deleted', () => {
  it('takes pods without a node first', () => {
    expect(order([{ ready: 1 }, { node: -1, phase: PodPhase.Pending }])).toEqual([1]);
  });

  it('takes pending ones before running ones', () => {
    expect(order([{}, { phase: PodPhase.Pending }])).toEqual([1]);
  });

  it('takes those that are not Ready before those that are', () => {
    expect(order([{ ready: 1 }, {}])).toEqual([1]);
  });

  it('takes one that has many like it on its node before one that is alone', () => {
    const pods = [
      { node: 1, ready: 1 },
      { node: 2, ready: 1 },
    ];
    const related: [number, number][] = [
      [1, 1],
      [2, 3],
    ];
    expect(order(pods, 1, related)).toEqual([1]);
  });

  it('takes the one that became Ready last, if the ages differ by a power of two', () => {
    expect(order([{ ready: 1000 }, { ready: 9000 }, { ready: 5500 }], 2)).toEqual([1, 2]);
  });

  it('treats pods of like age as equally old', () => {
    const ages = Array.from({ length: 20 }, (_, i) => ({ ready: 100 + i }));
    const gone = order(ages, 10);
    expect(gone).toHaveLength(10);
    // Neither the ten oldest nor the ten youngest: their random UIDs decide.
    expect(gone.filter((index) => index < 10).length).toBeGreaterThan(0);
    expect(gone.filter((index) => index >= 10).length).toBeGreaterThan(0);
  });

  it('takes the younger of two pods that never were Ready', () => {
    expect(order([{ created: 10 }, { created: 9990 }])).toEqual([1]);
  });

  it('takes the one whose containers have restarted more often before a younger one, then the one whose sidecars have', () => {
    expect(
      order([
        { created: 10, restarts: 3 },
        { created: 9990, restarts: 2 },
      ]),
    ).toEqual([0]);
    expect(order([{ created: 10, sidecarRestarts: 1 }, { created: 9990 }])).toEqual([0]);
    expect(order([{ restarts: 1 }, { sidecarRestarts: 5 }])).toEqual([0]);
  });

  it('looks at what was Ready last before it looks at restarts', () => {
    expect(order([{ ready: 1000, restarts: 9 }, { ready: 9000 }])).toEqual([1]);
  });

  it('sorts nothing if all go', () => {
    expect(order([{ ready: 1 }, { node: -1 }], 2)).toEqual([0, 1]);
  });
});
