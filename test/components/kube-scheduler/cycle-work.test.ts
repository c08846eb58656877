/** The work of scheduling cycles on the cores of a host: alone, beside others, and against what the arithmetic says. */
import { describe, expect, test } from 'vitest';
import { Host } from '../../../src/components/host/host.ts';
import { ProcessCpu } from '../../../src/components/host/process-cpu.ts';
import { CycleWork, goroutinesAtOnce } from '../../../src/components/kube-scheduler/cycle-work.ts';
import { Simulation } from '../../../src/engine/index.ts';
import { milliseconds, nanoseconds, seconds, simTime } from '../../../src/units/index.ts';

const MS = 1_000_000;

/** A host on which cycles run; `span()` runs one of so much work and says how long it took [ms], `told()` how many have ended. */
function hostWith(cores: number, goroutines: number) {
  const simulation = new Simulation({ seed: 'cycles' });
  const host = new Host(simulation, 'host', cores);
  const cpu = new ProcessCpu('scheduler', [host]);
  let end = -1;
  let ends = 0;
  const work = new CycleWork({
    cpu,
    goroutines,
    onDone: () => {
      end = simulation.now;
      ends++;
    },
    onWoken: () => {},
  });
  const span = (serial: number, shared: number): number => {
    const start = simulation.now;
    end = -1;
    work.start(serial * MS, shared * MS);
    while (end < 0) simulation.run(simTime(simulation.now + MS));
    return (end - start) / MS;
  };
  /** Threads of others that never stop. */
  const occupy = (threads: number) => {
    const other = host.register((tag) => host.run(other, milliseconds(1), tag));
    for (let i = 0; i < threads; i++) host.run(other, milliseconds(1), i);
  };
  return { simulation, host, cpu, work, span, occupy, told: () => ends };
}

describe('a cycle', () => {
  test.each([
    { cores: 1, goroutines: 1, expected: 1 + 8 },
    { cores: 4, goroutines: 4, expected: 1 + 8 / 4 },
    { cores: 16, goroutines: 8, expected: 1 + 8 / 8 },
  ])(
    'of 1 ms and 8 ms that goroutines share takes $expected ms on $cores idle cores',
    ({ cores, goroutines, expected }) => {
      const { span, host } = hostWith(cores, goroutines);
      expect(span(1, 8)).toBeCloseTo(expected, 5);
      expect(host.busyCoreNanoseconds() / MS).toBeCloseTo(9, 5);
    },
  );

  test('finds only the idle cores where others have some', () => {
    const { span, occupy } = hostWith(8, 8);
    occupy(3);
    expect(span(0, 10)).toBeCloseTo(2, 5);
  });

  test('gets its part of cores of which none is idle, and no other goroutine waits for the last one', () => {
    const { span, occupy, cpu } = hostWith(4, 4);
    occupy(4);
    // Four threads of its own and four of others: half of four cores.
    const shared = 40;
    const took = span(0, shared);
    expect(took).toBeGreaterThan((shared / 2) * 0.7);
    expect(took).toBeLessThan((shared / 2) * 1.5);
    expect(cpu.nanoseconds / MS).toBeCloseTo(shared, 3);
  });

  test('that was given up is not told of, whatever of it is still under way', () => {
    const { simulation, work, occupy, told } = hostWith(4, 4);
    occupy(4);
    work.start(MS, 20 * MS);
    simulation.run(simTime(milliseconds(5)));
    work.abandon();
    work.start(MS, 0);
    simulation.run(simTime(seconds(1)));
    expect(told()).toBe(1);
  });
});

test('goroutines that run at once are bounded by parallelism, cores and the limit of the process', () => {
  expect(goroutinesAtOnce(64, 16, 0)).toBe(16);
  expect(goroutinesAtOnce(8, 16, 0)).toBe(8);
  expect(goroutinesAtOnce(8, 16, 2)).toBe(2);
  expect(goroutinesAtOnce(0.5, 16, 0)).toBe(1);
});

test('a process runs on the host of the instance that leads', () => {
  const simulation = new Simulation({ seed: 'moves' });
  const hosts = [new Host(simulation, 'first', 1), new Host(simulation, 'second', 1)];
  const cpu = new ProcessCpu('scheduler', hosts);
  const owner = cpu.register(() => {});
  const busy = () => hosts.map((host) => host.busyCoreNanoseconds() / MS);
  cpu.run(owner, 2 * MS, 0);
  simulation.run(simTime(seconds(1)));
  expect(busy()).toEqual([2, 0]);
  cpu.runAs(1);
  cpu.run(owner, 3 * MS, 0);
  cpu.charge(nanoseconds(MS));
  simulation.run(simTime(seconds(2)));
  expect(busy()).toEqual([2, 4]);
  // A third instance shares the first host again.
  cpu.runAs(2);
  expect(cpu.host).toBe(hosts[0]);
});
