/** Every scheduling algorithm: it chooses a node that fits, and the column form of its ratings is its plain form; on random clusters that change. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GpuRequest } from '../../src/cluster/index.ts';
import {
  type AlgorithmDefinition,
  algorithmRegistry,
  Decision,
} from '../../src/components/kube-scheduler/algorithms/index.ts';
import { ScoredChoice } from '../../src/components/kube-scheduler/algorithms/scored-choice.ts';
import { defaultConfiguration } from '../../src/components/kube-scheduler/default-configuration.ts';
import { makeProfiles, type Profile } from '../../src/components/kube-scheduler/profile.ts';
import { type TypicalPod, typicalPodsOf } from '../../src/components/kube-scheduler/typical-pods.ts';
import type { Job, Task } from '../../src/components/scheduling-cell/index.ts';
import { type RandomStream, Simulation, valuesOf } from '../../src/engine/index.ts';
import { materialiseParameters } from '../../src/scenario/index.ts';
import { CellWorld } from '../components/scheduling-cell/cell-world.ts';

const { kubeScheduler: parameters } = materialiseParameters({});
const models = ['', 'V100', 'P100', 'A10'];

const gpuRequest: fc.Arbitrary<GpuRequest | undefined> = fc.option(
  fc
    .record({
      count: fc.integer({ min: 1, max: 4 }),
      milli: fc.constantFrom(100, 250, 460, 500, 1000, 1000),
      models: fc.subarray(['V100', 'P100']),
    })
    .map(({ count, milli, models: allowed }) => ({ count: milli < 1000 ? 1 : count, milli, models: allowed })),
  { nil: undefined },
);
const job = fc.record({ cpu: fc.constantFrom(0.5, 1, 2, 4), memory: fc.constantFrom(1, 2, 8), gpu: gpuRequest });
const node = fc.record({
  cpu: fc.constantFrom(4, 8, 16),
  memory: fc.constantFrom(8, 16, 64),
  gpus: fc.integer({ min: 0, max: 4 }),
  model: fc.constantFrom(...models),
});
/** A job comes (its number), or a task that runs ends. */
const change = fc.record({ comes: fc.boolean(), number: fc.nat(1000) });
const cluster = fc.record({
  nodes: fc.array(node, { minLength: 1, maxLength: 12 }),
  jobs: fc.array(job, { minLength: 1, maxLength: 5 }),
  changes: fc.array(change, { minLength: 1, maxLength: 30 }),
});

/** A cell, jobs, and an algorithm over it. */
class Bench {
  readonly world = new CellWorld();
  readonly jobs: Job[];
  readonly tasks: Task[] = [];
  readonly typical: readonly TypicalPod[];

  constructor(made: {
    nodes: readonly { cpu: number; memory: number; gpus: number; model: string }[];
    jobs: readonly { cpu: number; memory: number; gpu: GpuRequest | undefined }[];
  }) {
    for (const { cpu, memory, gpus, model } of made.nodes)
      this.world.nodes(1, cpu, memory, gpus === 0 ? undefined : { count: gpus, model });
    this.jobs = made.jobs.map(({ gpu, ...rest }) =>
      this.world.cell.submit(
        this.world.specification({ ...rest, tasks: 1000, scheduler: 'nobody', ...(gpu === undefined ? {} : { gpu }) }),
      ),
    );
    this.typical = typicalPodsOf(this.jobs.map(({ requirements: { cpu, gpu } }, i) => ({ cpu, gpu, count: i + 1 })));
  }

  /** An instance with its profile; `settings` over the defaults. */
  instance(
    definition: AlgorithmDefinition,
    settings: Readonly<Record<string, string | number | boolean>> = {},
    tieBreak: RandomStream = new Simulation({ seed: 'ties' }).streams.stream('ties'),
  ) {
    const { nodes } = this.world.cell;
    const algorithm = definition.create({
      nodes,
      parameters,
      settings: valuesOf(definition.settings, settings),
      tieBreak,
      typicalPods: this.typical,
      rankOf: (slot) => (slot * 7) % 13,
    });
    const [profile] = makeProfiles(defaultConfiguration('test'), nodes, parameters);
    return { algorithm, profile: profile as Profile };
  }

  apply({ comes, number }: { comes: boolean; number: number }, node: number): void {
    if (!comes) {
      const [task] = this.tasks.splice(number % Math.max(1, this.tasks.length), 1);
      if (task !== undefined) this.world.cell.returnTask(task, 'released');
      return;
    }
    const chosen = this.jobs[number % this.jobs.length] as Job;
    const task = this.world.cell.claim(chosen, node);
    if (task !== undefined) this.tasks.push(task);
  }
}

describe.each(Object.entries<AlgorithmDefinition>(algorithmRegistry))('%s', (_, definition) => {
  test('chooses a node that fits, with GPUs that are free, whenever there is one', () => {
    fc.assert(
      fc.property(cluster, (made) => {
        const bench = new Bench(made);
        const { algorithm, profile } = bench.instance(definition);
        const { cell } = bench.world;
        const decision = new Decision();
        const slots = made.nodes.map((_, slot) => slot);
        made.changes.forEach((each, i) => {
          bench.apply(each, i % slots.length);
          for (const { requirements } of bench.jobs) {
            decision.reset();
            algorithm.decide(requirements, profile, decision);
            const fitting = slots.filter((slot) => cell.fits(slot, requirements));
            if (fitting.length === 0) expect(decision.node).toBe(-1);
            else expect(fitting).toContain(decision.node);
            const { devices, node: slot } = decision;
            if (devices !== 0 && requirements.gpu !== undefined)
              expect(cell.nodes.gpus.hasRoom(slot, devices, requirements.gpu.milli)).toBe(true);
          }
        });
      }),
      { numRuns: 40 },
    );
  });

  test('does over columns what it does node by node', () => {
    fc.assert(
      fc.property(cluster, fc.constantFrom('integer', 'none'), (made, quantise) => {
        const bench = new Bench(made);
        const { algorithm } = bench.instance(definition, 'quantise' in definition.settings ? { quantise } : {});
        if (!(algorithm instanceof ScoredChoice)) return;
        const { rater } = algorithm;
        const { cell } = bench.world;
        made.changes.forEach((each, i) => {
          bench.apply(each, i % made.nodes.length);
          if (i % 3 !== 2 && i !== made.changes.length - 1) return;
          for (const { requirements } of bench.jobs) {
            const fitting = Int32Array.from(made.nodes.keys()).filter((slot) => cell.fits(slot, requirements));
            const scores = new Float64Array(fitting.length + 1).fill(-1);
            rater.rateAll(requirements, fitting, fitting.length, scores);
            const plain = [...fitting].map((slot) => rater.rate(requirements, cell.nodes.facts(slot)));
            [...fitting].forEach((_, k) => {
              expect(scores[k]).toBeCloseTo(plain[k] as number, 9);
            });
            expect(scores[fitting.length]).toBe(-1);
          }
        });
      }),
      { numRuns: 60 },
    );
  });
});

test.each(['first', 'rank', 'tightest', 'random'])(
  'ties by %s go to one of the best nodes, by its rule',
  (tieBreak) => {
    fc.assert(
      fc.property(cluster, (made) => {
        const bench = new Bench(made);
        const { algorithm, profile } = bench.instance(algorithmRegistry['gpu-packing'], { tieBreak });
        const { rater } = algorithm as ScoredChoice;
        const { cell } = bench.world;
        const decision = new Decision();
        made.changes.forEach((each, i) => {
          bench.apply(each, i % made.nodes.length);
          for (const { requirements } of bench.jobs) {
            const fitting = [...made.nodes.keys()].filter((slot) => cell.fits(slot, requirements));
            if (fitting.length < 2) continue;
            decision.reset();
            algorithm.decide(requirements, profile, decision);
            const scores = fitting.map((slot) => Math.trunc(rater.rate(requirements, cell.nodes.facts(slot))));
            const best = fitting.filter((_, k) => scores[k] === Math.max(...scores));
            expect(best).toContain(decision.node);
            if (tieBreak === 'first') expect(decision.node).toBe(best[0]);
            const rankOf = (slot: number) => (slot * 7) % 13;
            if (tieBreak === 'rank') expect(rankOf(decision.node)).toBe(Math.min(...best.map(rankOf)));
          }
        });
      }),
      { numRuns: 40 },
    );
  },
);

test('techniques of Borg change what is looked at, and never what is chosen', () => {
  fc.assert(
    fc.property(cluster, (made) => {
      const bench = new Bench(made);
      const decisions = [
        { equivalenceClasses: false, scoreCache: false },
        { equivalenceClasses: true, scoreCache: false },
        { equivalenceClasses: true, scoreCache: true },
      ].map((techniques) => ({
        ...bench.instance(algorithmRegistry['borg-like'], { ...techniques, relaxedRandomisation: 0 }),
        decision: new Decision(),
        examined: 0,
      }));
      made.changes.forEach((each, i) => {
        bench.apply(each, i % made.nodes.length);
        for (const { requirements } of bench.jobs) {
          for (const one of decisions) {
            one.decision.reset();
            one.algorithm.decide(requirements, one.profile, one.decision);
            one.examined += one.decision.examined;
          }
          expect(new Set(decisions.map(({ decision }) => decision.node)).size).toBe(1);
        }
      });
      const [plain, classes, cached] = decisions.map(({ examined }) => examined) as [number, number, number];
      expect(classes).toBeLessThanOrEqual(plain);
      expect(cached).toBeLessThanOrEqual(classes);
    }),
    { numRuns: 60 },
  );
});
