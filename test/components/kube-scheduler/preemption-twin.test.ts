/** Preemption over columns finds the node and the victims that a plain search over facts of nodes finds, on random clusters; and leaves no trace. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type NodeSpecification, type ObjectKey, ObjectTables, type PodTemplate } from '../../../src/cluster/index.ts';
import type { NodeFacts } from '../../../src/components/kube-scheduler/framework.ts';
import { defaultConfiguration } from '../../../src/components/kube-scheduler/index.ts';
import { NodeColumns } from '../../../src/components/kube-scheduler/node-columns.ts';
import { Nominations } from '../../../src/components/kube-scheduler/nominations.ts';
import { ExtendedResources, PodRequirementTable } from '../../../src/components/kube-scheduler/pod-requirements.ts';
import { isUnresolvable } from '../../../src/components/kube-scheduler/preemption/potential-nodes.ts';
import { Preemption } from '../../../src/components/kube-scheduler/preemption/preemption.ts';
import type { Victim, VictimBudget } from '../../../src/components/kube-scheduler/preemption/victim.ts';
import { makeProfiles, type Profile } from '../../../src/components/kube-scheduler/profile.ts';
import { QueuedPod } from '../../../src/components/kube-scheduler/queued-pod.ts';
import { SchedulerCache } from '../../../src/components/kube-scheduler/scheduler-cache.ts';
import { Simulation } from '../../../src/engine/index.ts';
import { materialiseParameters } from '../../../src/scenario/index.ts';
import { nodeSpecification, selfContainedTemplate } from './random-cluster.ts';

const { kubeScheduler } = materialiseParameters({});
const parameters = { ...kubeScheduler, preemptionMinCandidates: 1000 };

/** A pod of the test: where it is, and what matters about it. */
interface Placed {
  readonly victim: Victim;
  readonly slot: number;
}

const prioritised = fc
  .record({ make: selfContainedTemplate, priority: fc.integer({ min: 0, max: 4 }), group: fc.constantFrom('a', 'b') })
  .map(
    ({ make, priority, group }) =>
      (id: number): PodTemplate => ({ ...make(id), priority, labels: { group } }),
  );

/** A scheduler's columns with nodes and pods. */
class World {
  readonly tables = new ObjectTables();
  readonly extended = new ExtendedResources();
  readonly columns = new NodeColumns(this.tables.keysOf('nodes'), this.extended);
  readonly requirements = new PodRequirementTable(this.extended);
  readonly cache: SchedulerCache;
  readonly nominations = new Nominations(this.columns);
  readonly placed: Placed[] = [];
  readonly slots: number[];
  readonly specifications: readonly NodeSpecification[];

  constructor(specifications: readonly NodeSpecification[]) {
    this.specifications = specifications;
    this.cache = new SchedulerCache(new Simulation({ seed: 'twin' }), 'test', this.columns, this.requirements);
    this.slots = specifications.map((specification, i) => {
      const { nodes } = this.tables;
      const key = this.tables.keysOf('nodes').intern('', `n${i}`);
      const version = nodes.allocate(key);
      nodes.specification.set(version, specification);
      nodes.taints.set(version, specification.taints);
      nodes.unschedulable.set(version, specification.unschedulable ? 1 : 0);
      this.columns.setNode(nodes, version);
      return key;
    });
  }

  place(template: PodTemplate, node: number, startedAt: number): void {
    const key = this.placed.length;
    const slot = this.slots[node % this.slots.length] as number;
    const requirements = this.requirements.of(template);
    this.cache.confirm(key, slot, requirements);
    this.placed.push({ victim: { key, uid: key, namespace: 'default', requirements, startedAt }, slot });
  }

  /** The facts of a node with these pods alone on it, worked out on columns of its own. */
  factsWith(slot: number, pods: readonly Victim['requirements'][]): NodeFacts {
    const only = new NodeColumns(this.tables.keysOf('nodes'), this.extended);
    const { nodes } = this.tables;
    const specification = this.specifications[this.slots.indexOf(slot)] as NodeSpecification;
    const version = nodes.allocate(slot as ObjectKey);
    nodes.specification.set(version, specification);
    nodes.taints.set(version, specification.taints);
    nodes.unschedulable.set(version, specification.unschedulable ? 1 : 0);
    only.setNode(nodes, version);
    for (const pod of pods) only.count(slot, pod, 1);
    return only.facts(slot);
  }
}

/** These pods have no constraints on others. */
const NO_CLUSTER = new NodeColumns(new ObjectTables().keysOf('nodes'), new ExtendedResources()).clusterFacts([]);

/** Upstream's rules in the plainest words. */
function plainSearch(world: World, pod: QueuedPod, profile: Profile, budgets: readonly VictimBudget[]) {
  const { requirements } = pod;
  const fits = (slot: number, pods: readonly Victim[]) => {
    const nominated = world.nominations
      .on(slot)
      .filter(
        ({ key, requirements: other }) => key !== pod.key && other.template.priority >= requirements.template.priority,
      );
    const alone = pods.map(({ requirements: other }) => other);
    return [[...alone, ...nominated.map(({ requirements: other }) => other)], alone].every((there) => {
      const facts = world.factsWith(slot, there);
      return profile.filters.every(({ filter }) => filter.admits(requirements, facts, NO_CLUSTER));
    });
  };
  const important = (a: Victim, b: Victim) =>
    b.requirements.template.priority - a.requirements.template.priority || a.startedAt - b.startedAt;
  const candidates = world.slots.flatMap((slot) => {
    const there: Victim[] = [];
    world.cache.forEachOn(slot, (key) => there.push((world.placed[key] as Placed).victim));
    const facts = world.factsWith(
      slot,
      there.map(({ requirements: other }) => other),
    );
    const rejecting = profile.filters.find(({ filter }) => !filter.admits(requirements, facts, NO_CLUSTER));
    if (rejecting === undefined && fits(slot, there)) return [];
    if (rejecting !== undefined && isUnresolvable(rejecting.filter, requirements, slot)) return [];
    const lower = there
      .filter(({ requirements: other }) => other.template.priority < requirements.template.priority)
      .sort(important);
    let kept = there.filter((victim) => !lower.includes(victim));
    if (lower.length === 0 || !fits(slot, kept)) return [];
    const left = budgets.map(({ disruptionsAllowed }) => disruptionsAllowed);
    const isViolating = lower.map((victim) =>
      budgets.map((budget, i) => budget.covers(victim) && --left[i]! < 0).includes(true),
    );
    const victims: Victim[] = [];
    for (const phase of [true, false]) {
      lower.forEach((victim, i) => {
        if (isViolating[i] !== phase) return;
        if (fits(slot, [...kept, victim])) kept = [...kept, victim];
        else victims.push(victim);
      });
    }
    const violations = victims.filter((victim) => isViolating[lower.indexOf(victim)]).length;
    return victims.length === 0 ? [] : [{ slot, victims: victims.sort(important), violations }];
  });
  const rank = ({ victims, violations }: (typeof candidates)[number]) => {
    const priorities = victims.map(({ requirements: other }) => other.template.priority);
    const top = victims.filter(({ requirements: other }) => other.template.priority === priorities[0]);
    return [
      violations,
      priorities[0] as number,
      priorities.reduce((sum, priority) => sum + priority + 2 ** 31, 0),
      victims.length,
      -Math.min(...top.map(({ startedAt }) => startedAt)),
    ];
  };
  const best = candidates.map(rank).sort((a, b) => a.map((value, i) => value - b[i]!).find((d) => d !== 0) ?? 0)[0];
  return candidates.filter((candidate) => rank(candidate).every((value, i) => value === best?.[i]));
}

test('the same node and the same victims', () => {
  fc.assert(
    fc.property(
      fc.array(nodeSpecification, { minLength: 1, maxLength: 4 }),
      fc.array(prioritised, { minLength: 2, maxLength: 5 }),
      fc.array(fc.record({ node: fc.nat(3), pod: fc.nat(4), startedAt: fc.nat(3) }), { maxLength: 14 }),
      fc.option(fc.record({ node: fc.nat(3), pod: fc.nat(4) }), { nil: undefined }),
      fc.option(fc.nat(2), { nil: undefined }),
      fc.nat(4),
      (specifications, makers, placements, nomination, allowed, priority) => {
        const world = new World(specifications);
        const templates = makers.map((make, id) => make(id));
        for (const { node, pod, startedAt } of placements) {
          world.place(templates[pod % templates.length] as PodTemplate, node, startedAt);
        }
        if (nomination !== undefined) {
          const requirements = world.requirements.of(templates[nomination.pod % templates.length] as PodTemplate);
          world.nominations.set(900, 1, requirements, world.slots[nomination.node % world.slots.length] as number);
        }
        const budgets: VictimBudget[] =
          allowed === undefined
            ? []
            : [
                {
                  namespace: 'default',
                  disruptionsAllowed: allowed,
                  covers: ({ requirements }) => requirements.template.labels.group === 'a',
                },
              ];
        const profile = makeProfiles(defaultConfiguration('d'), world.columns, parameters)[0] as Profile;
        const wanted = { ...(templates[0] as PodTemplate), id: templates.length, priority: priority + 1 };
        const pod = new QueuedPod(999 as ObjectKey, 1, world.requirements.of(wanted), profile, 0 as never);
        const before = world.slots.map((slot) => world.columns.facts(slot));
        const preemption = new Preemption({
          nodes: world.columns,
          nominations: world.nominations,
          parameters,
          parallelism: 16,
          goroutines: 1,
          offsets: { next: () => 0.7 },
          view: {
            lowerOn: (slot, bound) => {
              const victims: Victim[] = [];
              world.cache.forEachOn(slot, (key) => victims.push((world.placed[key] as Placed).victim));
              return victims.filter(({ requirements }) => requirements.template.priority < bound);
            },
            setAside: (key) => world.cache.setAside(key),
            putBack: (key) => world.cache.putBack(key),
            hasTerminatingVictim: () => false,
            budgets: () => budgets,
          },
        });
        const { candidate } = preemption.evaluate(pod, -1);
        const expected = plainSearch(world, pod, profile, budgets);
        if (candidate === undefined) {
          expect(expected).toEqual([]);
        } else {
          const same = expected.find(({ slot }) => slot === candidate.slot);
          expect(same?.victims.map(({ key }) => key)).toEqual(candidate.victims.map(({ key }) => key));
          expect(same?.violations).toBe(candidate.violations);
        }
        const ports = (facts: NodeFacts) => ({
          ...facts,
          usedPorts: [...facts.usedPorts].map((port) => JSON.stringify(port)).sort(),
        });
        expect(world.slots.map((slot) => ports(world.columns.facts(slot)))).toEqual(before.map(ports));
      },
    ),
    { numRuns: 400 },
  );
});
