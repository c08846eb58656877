/** Dominant resource fairness (Ghodsi et al., NSDI 2011) as properties of the architectures that have it: each holds to within the largest task. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CellWorld } from '../components/scheduling-cell/cell-world.ts';

const CPUS = 120;
const MEMORY = 240;

/** What one tenant asks for per task: CPUs and GiB. */
interface Demand {
  readonly cpu: number;
  readonly memory: number;
}

const demands = fc.array(fc.record({ cpu: fc.integer({ min: 1, max: 4 }), memory: fc.integer({ min: 1, max: 8 }) }), {
  minLength: 2,
  maxLength: 4,
});

/** Tasks that each tenant gets of one large node, if all ask for more than there is. */
function tasksOf(architecture: 'volcano' | 'yunikorn', tenants: readonly Demand[]): number[] {
  const instant = { distribution: 'constant', value: 0 } as const;
  const settings = { decisionTimePerTask: instant, ...(architecture === 'volcano' ? { queueOrder: 'drf' } : {}) };
  const world = new CellWorld([{ architecture, settings }]);
  const specification = {
    allocatable: { cpu: CPUS * 1000, memory: MEMORY * 2 ** 30, ephemeralStorage: 0, extended: {} },
  };
  world.cell.setNode('node', { ...specification, pods: 10_000, labels: {}, taints: [], unschedulable: false } as never);
  const jobs = tenants.map((demand, i) => world.submit({ ...demand, tasks: 300, queue: `tenant-${i}` }));
  world.run(5);
  return jobs.map(({ running }) => running);
}

/** Tasks of a demand that an amount is enough for. */
function worth({ cpu, memory }: Demand, amount: Demand): number {
  return Math.floor(Math.min(amount.cpu / cpu, amount.memory / memory));
}

/** How many tasks of each tenant the largest task of any is worth: tasks cannot be divided, and the last one given decides who is ahead. */
function slackOf(tenants: readonly Demand[]): number[] {
  const steps = tenants.map(({ cpu, memory }) => Math.max(cpu / CPUS, memory / MEMORY));
  return steps.map((step) => Math.ceil(Math.max(...steps) / step));
}

describe.each(['volcano', 'yunikorn'] as const)('%s', (architecture) => {
  const check = (property: (tenants: readonly Demand[], tasks: readonly number[]) => void) =>
    fc.assert(
      fc.property(demands, (tenants) => property(tenants, tasksOf(architecture, tenants))),
      { numRuns: 40 },
    );

  it('gives nobody less than an equal part of everything would be worth to them', () => {
    check((tenants, tasks) => {
      const part = { cpu: CPUS / tenants.length, memory: MEMORY / tenants.length };
      tenants.forEach((tenant, i) => {
        expect(tasks[i]).toBeGreaterThanOrEqual(worth(tenant, part) - (slackOf(tenants)[i] as number));
      });
    });
  });

  it('leaves nobody who would rather have what another has', () => {
    check((tenants, tasks) => {
      const has = tenants.map(({ cpu, memory }, i) => ({
        cpu: cpu * (tasks[i] as number),
        memory: memory * (tasks[i] as number),
      }));
      tenants.forEach((tenant, i) => {
        const most = (tasks[i] as number) + (slackOf(tenants)[i] as number);
        for (const other of has) expect(worth(tenant, other)).toBeLessThanOrEqual(most);
      });
    });
  });

  it('leaves nothing that would still be enough for a task of somebody', () => {
    check((tenants, tasks) => {
      const left = tenants.reduce(
        (rest, { cpu, memory }, i) => ({
          cpu: rest.cpu - cpu * (tasks[i] as number),
          memory: rest.memory - memory * (tasks[i] as number),
        }),
        { cpu: CPUS, memory: MEMORY },
      );
      for (const tenant of tenants) expect(worth(tenant, left)).toBe(0);
    });
  });
});
