import { expect, it } from 'vitest';
import { ClusterWorld } from '../cluster-world.ts';

it('a rolling restart takes the API servers down one after the other, each when the one before is ready', () => {
  const world = new ClusterWorld({
    spec: 'parameters: { kubeApiserver.replicas: 3 }',
    operations: '    - fault: { kind: apiserverRollingRestart, duration: 5s }',
  });
  world.perform();
  const seen: string[] = [];
  for (let i = 0; i < 300; i++) {
    const up = world.cluster.servers.map(({ isUp }) => (isUp ? 'up' : 'down')).join(' ');
    if (up !== seen.at(-1)) seen.push(up);
    world.runFor(0.1);
  }
  expect(seen).toEqual(['down up up', 'up down up', 'up up down', 'up up up']);
});
