import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey, PodPhase } from '../../../src/cluster/index.ts';
import type { ClusterWorld } from '../cluster-world.ts';
import { API_TIME, oneNode, podManifest, SPANS } from './one-node.ts';

/** Deletes a pod that runs; how long it takes until its last status is written, and its last phase. */
function stop(
  spec: string,
  container = '',
  ...parameters: string[]
): { took: number; phase: number; world: ClusterWorld } {
  const world = oneNode(podManifest('web', spec, container), ...parameters);
  const [key] = world.podKeys() as [ObjectKey];
  world.bind(key, 'node-0');
  world.runUntil(() => world.readyPods() === 1);
  world.forget();
  const asked = world.now;
  world.delete(kinds.pods, key);
  world.runFor(100);
  const ended = world.podChanges.find(({ phase }) => phase >= PodPhase.Succeeded);
  return { took: (ended?.at ?? Number.NaN) - asked, phase: ended?.phase ?? -1, world };
}

function near(value: number, expected: number): void {
  expect(Math.abs(value - expected), `${value} instead of ${expected}`).toBeLessThan(2 * API_TIME);
}

describe('a container that is stopped', () => {
  it('has its preStop hook first, and then SIGTERM', () => {
    const { took, phase } = stop('', ', lifecycle: { preStop: { sleep: { seconds: 5 } } }');
    near(took, 5 + SPANS.containerStop);
    expect(phase).toBe(PodPhase.Succeeded);
  });

  it('has what its hook leaves of the grace period, and two seconds at least', () => {
    const hook = ', lifecycle: { preStop: { sleep: { seconds: 8 } } }';
    const tenSeconds = stop('  terminationGracePeriodSeconds: 10', hook, 'kubelet.containerStop: 60s');
    near(tenSeconds.took, 10);
    expect(tenSeconds.phase).toBe(PodPhase.Failed);
    // The hook is cut short by the end of the grace period.
    near(stop('  terminationGracePeriodSeconds: 6', hook, 'kubelet.containerStop: 60s').took, 6 + 2);
  });

  it('takes as long as its command where the hook is one', () => {
    near(
      stop('', ', lifecycle: { preStop: { exec: { command: [drain] } } }', 'kubelet.preStopHook: 3s').took,
      3 + SPANS.containerStop,
    );
  });
});

describe('native sidecars', () => {
  const sidecars =
    '  initContainers: [{ name: first, image: "i:1", restartPolicy: Always }, { name: second, image: "i:1", restartPolicy: Always }]';

  it('are stopped after the containers, one after the other, the last one first', () => {
    const { took, world, phase } = stop(sidecars);
    near(took, 3 * SPANS.containerStop);
    expect(phase).toBe(PodPhase.Succeeded);
    expect(world.of('POST events').filter(({ reason }) => reason === 'Killing')).toHaveLength(3);
  });

  it('wait for containers no longer than the grace period, and have two seconds then', () => {
    const { took } = stop(`  terminationGracePeriodSeconds: 4\n${sidecars}`, '', 'kubelet.containerStop: 60s');
    // Both have waited in vain for as long as they may.
    near(took, 4 + 2);
  });
});
