import { describe, expect, it } from 'vitest';
import { kinds, type PodTemplate } from '../../../src/cluster/index.ts';
import { ClusterWorld } from '../cluster-world.ts';

/** A cluster whose namespace default has this LimitRange, in which one Deployment is made. */
function deployUnder(limits: string, requests: string, replicas = 2, more = ''): ClusterWorld {
  const world = new ClusterWorld({
    spec: 'parameters: { kubelet.imagesPresent: true }',
    operations: `
    - createNodes: { count: 2, allocatable: { cpu: "4", memory: 8Gi, pods: 110 }, preload: true }
    - apply: { manifests: limits.yaml, preload: true }
    - createDeployment: { name: web, replicas: ${replicas}${requests} }`,
    files: {
      'limits.yaml': `apiVersion: v1\nkind: LimitRange\nmetadata: { name: bounds }\nspec: { limits: [${limits}] }\n${more}`,
    },
  });
  world.perform();
  world.runFor(30);
  return world;
}

/** What the pods of a world ask for. */
function templates(world: ClusterWorld): PodTemplate[] {
  return world.stored(kinds.pods).map((pod) => world.tables.pods.template.get(pod) as PodTemplate);
}

describe('a LimitRange', () => {
  it('gives containers that say nothing its requests and limits, and all such pods the same template', () => {
    const world = deployUnder(
      '{ type: Container, default: { cpu: 500m }, defaultRequest: { cpu: 200m, memory: 64Mi } }',
      '',
    );
    const [first, second] = templates(world);
    expect(first?.requests.cpu).toBe(200);
    expect(first?.requests.memory).toBe(64 * 2 ** 20);
    expect(first?.containers[0]?.limits.cpu).toBe(500);
    expect(second).toBe(first);
    expect(world.readyPods()).toBe(2);
  });

  it('leaves alone what containers say themselves', () => {
    const world = deployUnder('{ type: Container, defaultRequest: { cpu: 200m } }', ', requests: { cpu: 50m }');
    expect(templates(world)[0]?.requests.cpu).toBe(50);
  });

  it('refuses pods below a minimum or without the limit that a maximum asks for with 403', () => {
    for (const limits of ['{ type: Container, min: { cpu: 100m } }', '{ type: Pod, max: { cpu: "1" } }']) {
      const world = deployUnder(limits, ', requests: { cpu: 50m }');
      expect(world.stored(kinds.pods)).toEqual([]);
      expect(world.calls.some(({ what, code }) => what === 'POST pods' && code === 403)).toBe(true);
    }
  });

  it('fills in what a ResourceQuota demands to be said', () => {
    const quota =
      '---\napiVersion: v1\nkind: ResourceQuota\nmetadata: { name: team }\nspec: { hard: { requests.cpu: 500m } }\n';
    const world = deployUnder('{ type: Container, defaultRequest: { cpu: 200m } }', '', 5, quota);
    expect(world.readyPods()).toBe(2);
  });
});
