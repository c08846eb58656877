import { describe, expect, it } from 'vitest';
import { type ObjectKey, ObjectTables } from '../../../src/cluster/index.ts';
import { NodeHealth } from '../../../src/components/kube-controller-manager/node-health.ts';
import type { NodeLeases } from '../../../src/components/kube-controller-manager/node-leases.ts';
import { materialiseParameters } from '../../../src/scenario/index.ts';
import { seconds, simTime } from '../../../src/units/index.ts';

const NODE = 3 as ObjectKey;
const at = (second: number) => simTime(seconds(second));

function setUp(heartbeat: number) {
  const tables = new ObjectTables();
  const node = tables.nodes.allocate(NODE);
  tables.nodes.createdAt.set(node, at(100));
  tables.nodes.heartbeatAt.set(node, heartbeat);
  let renewal = -1;
  const leases = { renewedAt: () => renewal } as unknown as NodeLeases;
  const health = new NodeHealth(tables, leases, materialiseParameters({}).kubeControllerManager);
  health.take(NODE, node);
  return {
    health,
    renew: (second: number) => {
      renewal = at(second);
    },
    judge: (second: number) => health.judge(NODE, at(second)),
  };
}

describe('the health of a node', () => {
  it('counts from when the controller saw the renewal, not from the renewal', () => {
    const { judge, renew } = setUp(at(100));
    renew(100);
    expect(judge(100)).toBe(false);
    renew(101);
    expect(judge(140)).toBe(false);
    expect(judge(189)).toBe(false);
    expect(judge(191)).toBe(true);
  });

  it('gives a node that has not reported yet the startup grace from its creation', () => {
    const { judge } = setUp(0);
    expect(judge(155)).toBe(false);
    expect(judge(161)).toBe(true);
  });

  it('takes a renewal with another clock as a sign of life only if it is newer than the last', () => {
    const { judge, renew } = setUp(at(100));
    renew(500);
    judge(100);
    renew(400);
    expect(judge(140)).toBe(false);
    expect(judge(151)).toBe(true);
  });

  it('gives every node a whole grace period anew after the controller itself was cut off', () => {
    const { judge, health } = setUp(at(100));
    judge(100);
    expect(judge(200)).toBe(true);
    health.restart(at(200));
    expect(judge(249)).toBe(false);
    expect(judge(251)).toBe(true);
  });

  it('begins anew with a node that was deleted and came back', () => {
    const { judge, health } = setUp(at(100));
    judge(100);
    health.forget(NODE);
    expect(judge(300)).toBe(false);
  });
});
