/** A scenario of milliseconds, and its replications as jobs. */
import type { Job } from '../../../src/experiment/job.ts';
import { type Files, loadScenario } from '../../../src/scenario/index.ts';

const text = `# Do ten pods start within a minute?
apiVersion: plimsoll.dev/v1
kind: Scenario
metadata: { name: ten }
spec:
  replications: 3
  until: 2m
  params: { replicas: 10 }
  operations:
    - createNodes: { count: 5, allocatable: { cpu: "4", memory: 16Gi, pods: 110 }, preload: true }
    - createDeployment: { name: web, replicas: $replicas, requests: { cpu: 100m }, measure: true }
    - barrier: { podsReady: all, within: 1m }
`;
export const tenPodsFiles: Files = { readText: () => text, resolve: (_, relative) => relative };
export const tenPods = loadScenario(tenPodsFiles, 'ten.yaml');

/** Jobs of these names, one replication each; the name is only the scenario's. */
export function jobsNamed(...names: string[]): Job[] {
  return names.map((name, index) => {
    return { scenario: { ...tenPods, name }, runSeed: '3', replication: index + 1, index };
  });
}
