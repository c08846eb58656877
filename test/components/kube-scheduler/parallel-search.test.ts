/** The search of goroutines side by side, which filters nodes in lumps, against one node after the other in the order in which goroutines take turns. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ObjectTables } from '../../../src/cluster/index.ts';
import { Lockstep } from '../../../src/components/kube-scheduler/algorithms/lockstep.ts';
import { adaptiveShare } from '../../../src/components/kube-scheduler/algorithms/node-share.ts';
import { algorithmRegistry, Decision, defaultConfiguration } from '../../../src/components/kube-scheduler/index.ts';
import { NodeColumns } from '../../../src/components/kube-scheduler/node-columns.ts';
import { ExtendedResources, PodRequirementTable } from '../../../src/components/kube-scheduler/pod-requirements.ts';
import { makeProfiles, type Profile } from '../../../src/components/kube-scheduler/profile.ts';
import { RandomStreams } from '../../../src/engine/index.ts';
import { materialiseParameters } from '../../../src/scenario/index.ts';
import { nodeOf, templateOf } from './scheduler-world.ts';

const WORKERS = 16;

test('finds and examines the same nodes, cycle after cycle', () => {
  const { kubeScheduler: parameters } = materialiseParameters({});
  const closedNodes = fc.array(fc.boolean(), { minLength: 1, maxLength: 400 });
  fc.assert(
    fc.property(closedNodes, fc.integer({ min: 2, max: WORKERS }), (closed, goroutines) => {
      const tables = new ObjectTables();
      const extended = new ExtendedResources();
      const nodes = new NodeColumns(tables.keysOf('nodes'), extended);
      closed.forEach((unschedulable, i) => {
        const version = tables.nodes.allocate(tables.keysOf('nodes').intern('', `node-${i}`));
        tables.nodes.specification.set(version, nodeOf());
        tables.nodes.unschedulable.set(version, unschedulable ? 1 : 0);
        nodes.setNode(tables.nodes, version);
      });
      const [profile] = makeProfiles(defaultConfiguration('d'), nodes, parameters) as [Profile];
      const tieBreak = new RandomStreams('parallel search', 0).stream('tieBreak');
      const context = { nodes, parameters, settings: {}, tieBreak, parallelism: WORKERS, goroutines };
      const algorithm = algorithmRegistry['kube-scheduler'].create(context);
      const pod = new PodRequirementTable(extended).of(templateOf(0));
      const total = nodes.order.count;
      const wanted = total < parameters.minFeasibleNodes ? total : adaptiveShare(total, 0, parameters);
      let start = 0;
      for (let cycle = 0; cycle < 3; cycle++) {
        const expected = plainSearch(nodes.order.slots(), total, closed, start, wanted, goroutines);
        start = (start + expected.processed) % total;
        const decision = new Decision();
        decision.reset();
        decision.details = { slots: [], totals: [], plugins: [] };
        algorithm.decide(pod, profile, decision);
        expect([decision.examined, decision.feasible]).toEqual([expected.examined, expected.found.length]);
        if (decision.scored > 0) expect(decision.details?.slots).toEqual(expected.found);
      }
    }),
  );
});

function plainSearch(
  slots: Int32Array,
  total: number,
  closed: readonly boolean[],
  start: number,
  wanted: number,
  goroutines: number,
): { found: number[]; examined: number; processed: number } {
  const lockstep = new Lockstep(total, WORKERS, goroutines);
  const found: number[] = [];
  let rejected = 0;
  for (let piece = lockstep.next(); piece >= 0; piece = lockstep.next()) {
    const slot = slots[(start + piece) % total] as number;
    if (closed[slot]) rejected++;
    else if (found.length < wanted) found.push(slot);
    else lockstep.stop();
  }
  return { found, examined: lockstep.done, processed: found.length + rejected };
}
