/** What every scheduling architecture must do, whatever its idea: place what fits, lose nothing, and do the same again. */
import { describe, expect, it } from 'vitest';
import {
  type ArchitectureName,
  architectureRegistry,
  settingsOfScheduler,
} from '../../src/components/scheduling-cell/index.ts';
import { nanoseconds } from '../../src/units/index.ts';
import { CellWorld } from '../components/scheduling-cell/cell-world.ts';

const names = Object.keys(architectureRegistry) as ArchitectureName[];

/** A cell under a mixed load: jobs of many shapes, gangs, priorities and queues; nodes that come and go. */
function busyCell(architecture: ArchitectureName): CellWorld {
  const world = new CellWorld([{ architecture, replicas: 3 }], 'contract');
  world.nodes(12, 8, 32);
  // Something is there before the run, long tasks among it.
  for (const runs of [40, 2_000])
    world.world.preload(world.specification({ tasks: 9, cpu: 1, memory: 1, runs, queue: 'queue-1' }));
  const draw = world.simulation.streams.stream('test.jobs');
  const pick = (most: number) => 1 + Math.floor(draw.next() * most);
  for (let second = 1; second <= 240; second++) {
    const tasks = pick(6);
    const isGang = pick(3) === 1;
    world.submit({
      tasks,
      cpu: pick(3),
      memory: pick(6),
      runs: pick(9) === 1 ? 60 : pick(10),
      priority: pick(4) === 1 ? 1 : 0,
      gang: isGang ? tasks : 0,
      queue: `queue-${pick(3)}`,
      className: isGang ? 'gang' : 'single',
    });
    world.run(second);
    if (second === 60) world.cell.removeNode(3);
    if (second === 90) world.nodes(1, 16, 64);
  }
  return world;
}

describe.each(names)('the architecture %s', (name) => {
  it('ends every task of a mixed load, through nodes that come and go', () => {
    const world = busyCell(name);
    expect(world.cell.running).toBeGreaterThan(10);
    world.run(3_000);
    const { ended, submittedTasks, abandoned, rejected, jobs } = world.cell;
    expect({ ended, abandoned, rejected, open: jobs.size }).toEqual({
      ended: submittedTasks,
      abandoned: 0,
      rejected: 0,
      open: 0,
    });
    expect(world.simulation.eventsProcessed / submittedTasks).toBeLessThan(60);
  });

  it('does the same again', () => {
    const [first, second] = [busyCell(name), busyCell(name)];
    expect(second.simulation.fingerprint()).toBe(first.simulation.fingerprint());
  });

  it('says what it is and what it can be set to', () => {
    const { help, settings } = architectureRegistry[name];
    expect(help).toMatch(/\.$/);
    for (const [setting, definition] of Object.entries(settingsOfScheduler(name, undefined))) {
      expect(definition.help, setting).toMatch(/\.$/);
      expect(definition.source.where, setting).not.toBe('');
    }
    expect(Object.keys(settings).every((setting) => setting in settingsOfScheduler(name, undefined))).toBe(true);
  });

  it('works with decisions and messages that take no time', () => {
    const instant = { distribution: 'constant', value: 0 } as const;
    const usual = settingsOfScheduler(name, undefined);
    const world = new CellWorld([
      {
        architecture: name,
        settings: {
          decisionTimePerJob: instant,
          decisionTimePerTask: instant,
          ...('networkDelay' in usual ? { networkDelay: nanoseconds(0) } : {}),
        },
      },
    ]);
    world.nodes(4, 4, 16);
    const jobs = Array.from({ length: 30 }, () => world.submit({ tasks: 3, runs: 10 }));
    world.run(600);
    expect(jobs.every(({ ended }) => ended === 3)).toBe(true);
  });
});
