import { describe, expect, it } from 'vitest';
import type { AlgorithmSettings } from '../../../src/components/kube-scheduler/index.ts';
import { milliseconds } from '../../../src/units/index.ts';
import { CellWorld } from './cell-world.ts';

function flow(settings: AlgorithmSettings = {}): CellWorld {
  return new CellWorld([
    { architecture: 'flow', settings: { solverTimePerRound: milliseconds(100), solverTimePerArc: 0, ...settings } },
  ]);
}

describe('scheduling as a flow', () => {
  it('places everything that waits in one round, which lasts as long as the solver takes', () => {
    const world = flow();
    world.nodes(4, 4, 16);
    // The first job starts a round at once; the others wait for the next.
    const jobs = [world.submit({ tasks: 2 }), world.submit({ tasks: 6 }), world.submit({ tasks: 8 })];
    world.run(0.1);
    expect(jobs.map(({ running }) => running)).toEqual([2, 0, 0]);
    world.run(0.2);
    expect(jobs.map(({ running }) => running)).toEqual([2, 6, 8]);
  });

  it('takes time by the arcs of its network', () => {
    const world = flow({ solverTimePerRound: 0, solverTimePerArc: milliseconds(1) });
    world.nodes(3, 2, 16);
    const job = world.submit({ tasks: 2 });
    // Three arcs of the job, three to nodes, two from each node to the sink.
    world.run(0.0119);
    expect(job.running).toBe(0);
    world.run(0.012);
    expect(job.running).toBe(2);
  });

  it('spreads tasks, or packs them, by what makes a node dear', () => {
    const placesAfter = (policy: string) => {
      const world = flow({ policy });
      world.nodes(4, 4, 16);
      world.submit({ cpu: 2, memory: 8 });
      world.run(1);
      const job = world.submit({ tasks: 2, cpu: 1, memory: 4 });
      world.run(2);
      return { first: world.placesOf([...world.cell.jobs.values()][0] as never), own: world.placesOf(job) };
    };
    const spread = placesAfter('spread');
    expect(new Set([...spread.first, ...spread.own]).size).toBe(3);
    const packed = placesAfter('pack');
    expect(packed.own).toEqual([packed.first[0], packed.first[0]]);
  });

  it('gives room for which too many ask to those of higher priority, and of equals to those that have waited longest', () => {
    const world = flow();
    world.nodes(1, 4, 16);
    const filler = world.submit({ tasks: 4, runs: 30 });
    world.run(10);
    const older = world.submit({ tasks: 2 });
    world.run(20);
    const younger = world.submit({ tasks: 2 });
    const important = world.submit({ tasks: 2, priority: 1 });
    world.run(31);
    expect([filler.ended, important.running, older.running, younger.running]).toEqual([4, 2, 2, 0]);
  });

  it('remembers how long a job has waited that lost its node', () => {
    const world = flow();
    const [node] = world.nodes(1, 4, 16);
    const older = world.submit({ tasks: 4 });
    world.run(10);
    const younger = world.submit({ tasks: 4 });
    world.run(20);
    world.cell.removeNode(node as number);
    world.run(21);
    world.nodes(1, 4, 16);
    world.run(22);
    expect([older.running, younger.running]).toEqual([4, 0]);
  });

  it('leaves a gang out of which not enough was placed', () => {
    const world = flow();
    world.nodes(1, 4, 16);
    const filler = world.submit({ tasks: 2, runs: 10 });
    world.run(1);
    const gang = world.submit({ tasks: 3, gang: 3 });
    world.run(5);
    expect([filler.running, gang.running, gang.held]).toEqual([2, 0, 0]);
    world.run(11);
    expect(gang.running).toBe(3);
  });

  it('looks again at what does not fit together: classes of requests do not know of each other', () => {
    const world = flow();
    world.nodes(2, 4, 16);
    const starter = world.submit({ cpu: 1 });
    const wide = world.submit({ cpu: 3, memory: 1 });
    const tall = world.submit({ cpu: 2, memory: 14 });
    world.run(1);
    expect([starter.running, wide.running, tall.running]).toEqual([1, 1, 1]);
  });
});
