import { describe, expect, it } from 'vitest';
import { RequestWorkers } from '../../../src/components/etcd/request-workers.ts';
import { Host } from '../../../src/components/host/host.ts';
import { Simulation } from '../../../src/engine/index.ts';
import { microseconds, milliseconds, nanoseconds, simTime } from '../../../src/units/index.ts';

const WAKE_UP = {
  wakeUpCpu: microseconds(600),
  wakeUpHalf: milliseconds(5),
  spinCpu: microseconds(100),
  workVariation: 0,
  timeSlice: milliseconds(3),
  goTimeSlice: milliseconds(10),
  goMarkCpu: 0,
  goStopTheWorld: nanoseconds(0),
};

function machine(cores: number) {
  const simulation = new Simulation({ seed: 'host' });
  const host = new Host(simulation, 'host', cores, WAKE_UP);
  const at = (milliseconds_: number, run: () => void) => {
    simulation.at(simTime(milliseconds_ * 1e6), simulation.on(`at ${milliseconds_}`, run));
  };
  return { simulation, host, at };
}

describe('a process on a host', () => {
  it('pays for waking up what grows with the time it was idle, towards a most', () => {
    const { simulation, host, at } = machine(2);
    const owner = host.register(() => {}, 'process');
    const extra: number[] = [];
    const run = () => extra.push(host.run(owner, microseconds(10), 0) - 10_000);
    // It ends a little later each time, so that it is idle for a little less.
    at(5, run);
    at(1000, run);
    simulation.run(simTime(2e9));
    expect(extra[0]).toBe(300_000);
    expect(extra[1]).toBeGreaterThan(590_000);
    expect(extra[1]).toBeLessThan(600_000);
  });

  it('pays nothing while it is busy, and nothing without a name', () => {
    const { simulation, host, at } = machine(2);
    const named = host.register(() => {}, 'process');
    const other = host.register(() => {}, 'process');
    const nameless = host.register(() => {});
    at(10, () => {
      expect(host.run(nameless, microseconds(10), 0)).toBe(10_000);
      expect(host.run(named, microseconds(10), 0)).toBeGreaterThan(10_000);
      expect(host.run(other, microseconds(10), 0)).toBe(10_000);
    });
    simulation.run(simTime(1e9));
    expect(host.spinNanoseconds('process')).toBe(WAKE_UP.spinCpu);
  });

  it('takes no more CPU for work that nobody waits for than it was charged', () => {
    const { simulation, host } = machine(1);
    for (let i = 0; i < 10; i++) host.charge(30_000);
    simulation.run(simTime(1e9));
    expect(host.busyCoreNanoseconds()).toBe(270_000);
  });
});

describe('the threads of a member', () => {
  it.each([
    [1, 8],
    [2, 4],
    [4, 2],
  ])('share requests: %d cores, 8 requests of 1 ms in %d ms', (cores, expected) => {
    const { simulation, host } = machine(cores);
    const ended: number[] = [];
    const workers = new RequestWorkers<number>({
      simulation,
      host,
      process: 'process',
      cpuOf: () => 1e6,
      done: () => ended.push(simulation.now / 1e6),
    });
    for (let request = 0; request < 8; request++) workers.add(request);
    simulation.run(simTime(1e9));
    expect(ended).toHaveLength(8);
    expect(Math.max(...ended)).toBe(expected);
  });

  it('let nobody overtake a request that wakes the process up', () => {
    const { simulation, host, at } = machine(4);
    const order: number[] = [];
    const workers = new RequestWorkers<number>({
      simulation,
      host,
      process: 'process',
      cpuOf: () => 1e5,
      done: (item, took, waited) => {
        order.push(item);
        expect(took - waited).toBeGreaterThanOrEqual(nanoseconds(1e5) - 1);
      },
    });
    at(100, () => workers.add(1));
    at(100.01, () => workers.add(2));
    at(100.02, () => workers.add(3));
    simulation.run(simTime(1e9));
    expect(order).toHaveLength(3);
    expect(order[0]).toBe(1);
    expect(workers.clear()).toEqual([]);
  });
});
