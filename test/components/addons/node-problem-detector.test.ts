/** node-problem-detector: heartbeats of conditions, problems that come and go, and what every watcher of nodes hears of it. */
import { describe, expect, it } from 'vitest';
import { kinds } from '../../../src/cluster/index.ts';
import { ClusterWorld } from '../cluster-world.ts';

const nodes = (count: number, rest = ', preload: true') =>
  `    - createNodes: { count: ${count}, allocatable: { cpu: "4", memory: 16Gi, pods: 110 }${rest} }`;

function world(operations: string, parameters = 'nodeProblemDetector.heartbeatPeriod: 5m'): ClusterWorld {
  return new ClusterWorld({
    operations,
    spec: `addons: { nodeProblemDetector: {} }\nparameters: { ${parameters} }`,
  });
}

const patches = (from: ClusterWorld) => from.of('PATCH nodes/status', 'node-problem-detector');

describe('conditions', () => {
  it('are written every five minutes by each node, at instants of its own', () => {
    const quiet = world(nodes(20));
    quiet.runFor(3600);
    expect(patches(quiet).length).toBeGreaterThanOrEqual(20 * 12);
    expect(patches(quiet).length).toBeLessThanOrEqual(20 * 13);
    const instants = patches(quiet)
      .slice(0, 20)
      .map(({ at }) => at);
    expect(new Set(instants.map((at) => Math.round(at))).size).toBeGreaterThan(15);
  });

  it('of a problem are there within a second, and taken back when it is repaired', () => {
    const ill = world(
      nodes(10),
      'nodeProblemDetector.heartbeatPeriod: 1d, nodeProblemDetector.permanentInterval: 10m, nodeProblemDetector.permanentDuration: 60s',
    );
    ill.runFor(3600);
    const problems = ill.series('problem_counter')?.statistics.final ?? 0;
    // Ten nodes, one problem each ten minutes and the minute that it lasts.
    expect(problems).toBeGreaterThan(30);
    expect(problems).toBeLessThan(90);
    const told = ill.series('plimsoll_node_problem_report_duration_seconds')?.statistics;
    expect(told?.count).toBeGreaterThan(1.6 * problems);
    expect(told?.max).toBeLessThan(1.1);
    const events =
      ill.of('POST events', 'node-problem-detector').length + ill.of('PATCH events', 'node-problem-detector').length;
    expect(events).toBeGreaterThan(problems);
    const current = ill.stored(kinds.nodes).reduce((sum, version) => sum + ill.tables.nodes.problems.get(version), 0);
    expect(current).toBeLessThanOrEqual(5);
  });

  it('reach every watcher of nodes: the API server sends each write as often', () => {
    const sent = (addons: string) => {
      const from = new ClusterWorld({
        operations: nodes(20),
        spec: `addons: { cni: { plugin: flannel }${addons} }\nparameters: { nodeProblemDetector.heartbeatPeriod: 1m }`,
      });
      from.runFor(1200);
      return from.series('apiserver_watch_events_total', 'resource=nodes')?.statistics.final ?? 0;
    };
    // 20 nodes x 20 writes, each to 20 agents of Flannel and to those who watch nodes anyway.
    expect(sent(', nodeProblemDetector: {}') - sent('')).toBeGreaterThan(20 * 20 * 20);
  });
});

describe('an agent', () => {
  it('writes the conditions of its node as soon as it starts', () => {
    const joining = world(nodes(3, ''));
    joining.perform();
    joining.runFor(30);
    expect(new Set(patches(joining).map(({ key }) => key)).size).toBe(3);
  });

  it('asks for nothing while its node is away', () => {
    const dying = world(
      `${nodes(2)}\n    - fault: { kind: nodeCrash, nodes: 2 }`,
      'nodeProblemDetector.heartbeatPeriod: 10s',
    );
    dying.runFor(60);
    dying.perform();
    dying.runFor(1);
    dying.forget();
    dying.runFor(120);
    expect(patches(dying)).toEqual([]);
  });
});
