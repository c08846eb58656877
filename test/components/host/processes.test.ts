/** Processes of the Go runtime on a machine: who gets a thread when, and what the collector of a heap takes. */
import { describe, expect, it } from 'vitest';
import { Host, type HostOptions } from '../../../src/components/host/host.ts';
import { Simulation } from '../../../src/engine/index.ts';
import { milliseconds, nanoseconds, simTime } from '../../../src/units/index.ts';

const QUIET: HostOptions = {
  wakeUpCpu: nanoseconds(0),
  wakeUpHalf: milliseconds(5),
  spinCpu: nanoseconds(0),
  workVariation: 0,
  timeSlice: milliseconds(3),
  goTimeSlice: milliseconds(10),
  goMarkCpu: 2,
  goStopTheWorld: nanoseconds(0),
};

function machine(cores: number, options: Partial<HostOptions> = {}) {
  const simulation = new Simulation({ seed: 'processes' });
  const host = new Host(simulation, 'host', cores, { ...QUIET, ...options });
  const ended: [string, number][] = [];
  const names: string[] = [];
  const owners = new Map<string, number>();
  const run = (process: string, name: string, work: number) => {
    let owner = owners.get(process);
    if (owner === undefined) {
      owner = host.register((tag) => ended.push([names[tag] as string, simulation.now / 1e6]), process);
      owners.set(process, owner);
    }
    host.run(owner, nanoseconds(work * 1e6), names.push(name) - 1);
  };
  return { simulation, host, ended, run, pass: (span: number) => simulation.run(simTime(simulation.now + span * 1e6)) };
}

describe('the threads of a process', () => {
  it('work on one piece after the other, and take over what has become ready meanwhile from the latest on', () => {
    const { run, pass, ended } = machine(1);
    for (const name of ['a', 'b', 'c']) run('server', name, 1);
    pass(100);
    expect(ended).toEqual([
      ['a', 1],
      ['c', 2],
      ['b', 3],
    ]);
  });

  it('share the machine with other processes by threads, not by what waits', () => {
    const { run, pass, ended } = machine(1);
    for (let i = 0; i < 10; i++) run('server', `s${i}`, 1);
    run('store', 'only', 1);
    pass(100);
    // It waits for the slice of the other process's thread, not for all of its pieces.
    expect(ended.find(([name]) => name === 'only')?.[1]).toBeCloseTo(4, 5);
    expect(Math.max(...ended.map(([, at]) => at))).toBeCloseTo(11, 5);
  });

  it('let a long piece keep a thread for a time slice only while others wait', () => {
    const { run, pass, ended } = machine(1);
    run('server', 'long', 35);
    run('server', 'short', 1);
    pass(100);
    expect(ended).toEqual([
      ['short', 11],
      ['long', 36],
    ]);
  });

  it('wake up with the first piece after a pause, but do not wait for a long one to end', () => {
    const { run, pass, ended } = machine(4, { wakeUpCpu: milliseconds(1) });
    pass(1000);
    run('server', 'long', 500);
    for (let i = 0; i < 30; i++) run('server', `s${i}`, 1);
    pass(1000);
    const short = ended.filter(([name]) => name !== 'long').map(([, at]) => at - 1000);
    // The first thread has the first time slice for itself; then there are three more.
    expect(Math.max(...short)).toBeLessThan(25);
    expect(ended.at(-1)?.[0]).toBe('long');
  });

  it('are as many as there are cores', () => {
    const { run, pass, ended } = machine(4);
    for (let i = 0; i < 8; i++) run('server', `s${i}`, 1);
    pass(100);
    expect(ended.map(([, at]) => at)).toEqual([1, 1, 1, 1, 2, 2, 2, 2]);
  });

  it('vary in what a piece takes, with the mean that was asked for, less so in long pieces', () => {
    const spread = (work: number) => {
      const { host, run } = machine(1, { workVariation: 0.5 });
      run('server', 'first', 1);
      const owner = host.register(() => {}, 'server');
      const taken = Array.from({ length: 4000 }, () => host.run(owner, nanoseconds(work * 1e6), 0) / 1e6);
      const mean = taken.reduce((sum, one) => sum + one, 0) / taken.length;
      const variance = taken.reduce((sum, one) => sum + (one - mean) ** 2, 0) / taken.length;
      return { mean: mean / work, variation: Math.sqrt(variance) / mean };
    };
    const short = spread(0.2);
    expect(short.mean).toBeCloseTo(1, 1);
    expect(short.variation).toBeGreaterThan(0.45);
    expect(short.variation).toBeLessThan(0.55);
    expect(spread(100).variation).toBeLessThan(0.01);
  });
});

/** A closed loop of pieces of 1 ms for so many seconds; the spans that they took. */
function loop(cores: number, clients: number, allocation: number, seconds: number) {
  const { simulation, host, pass } = machine(cores);
  host.collect('server', { gogc: 100, allocation, liveBytes: () => 100e6 });
  const began: number[] = [];
  const spans: number[] = [];
  const owner = host.register((client) => {
    spans.push((simulation.now - (began[client] as number)) / 1e6);
    next(client);
  }, 'server');
  const next = (client: number) => {
    began[client] = simulation.now;
    host.run(owner, nanoseconds(1e6), client);
  };
  for (let client = 0; client < clients; client++) next(client);
  pass(seconds * 1000);
  spans.sort((a, b) => a - b);
  const collector = host.collectorOf('server');
  return { host, spans, collector, quantile: (q: number) => spans[Math.floor(q * spans.length)] as number };
}

describe('the collector of a heap', () => {
  it('marks what is alive once for as many bytes as were found alive, whoever does it', () => {
    // 0.1 B/ns of work: a cycle for at least 100 MB of growth; each marks 100 MB in 200 ms.
    const { collector, spans } = loop(1, 4, 0.1, 60);
    const allocated = spans.length * 1e6 * 0.1;
    const cycles = collector?.cycles as number;
    expect(cycles).toBeGreaterThan(20);
    // What is allocated during a cycle counts as alive for the next goal, so that there are somewhat fewer.
    expect((cycles * 100e6) / allocated).toBeGreaterThan(0.6);
    expect((cycles * 100e6) / allocated).toBeLessThan(1.05);
    expect((collector?.cpu as number) / 1e6 / cycles).toBeGreaterThan(195);
    expect((collector?.cpu as number) / 1e6 / cycles).toBeLessThan(215);
  });

  it('takes nothing where nothing is allocated', () => {
    expect(loop(1, 4, 0, 10).collector?.cpu).toBe(0);
  });

  it('holds up a process on one core for up to a time slice: the tail is many times the median', () => {
    const { quantile } = loop(1, 1, 0.1, 60);
    expect(quantile(0.5)).toBeCloseTo(1, 1);
    expect(quantile(0.99)).toBeGreaterThan(2);
    expect(quantile(0.999)).toBeGreaterThan(6);
    expect(quantile(0.999)).toBeLessThan(30);
  });

  it('takes whole threads of a machine with many, so that one client hardly notices', () => {
    const { collector, quantile } = loop(8, 1, 0.1, 60);
    expect(collector?.cycles).toBeGreaterThan(10);
    expect(quantile(0.99)).toBeLessThan(1.6);
  });

  it('marks on idle threads: a cycle of a process with little to do is short and asks no assists', () => {
    const { collector } = loop(8, 1, 0.1, 60);
    expect(collector?.idleCpu as number).toBeGreaterThan(collector?.workersCpu as number);
    expect((collector?.assistsCpu as number) / (collector?.cpu as number)).toBeLessThan(0.2);
  });

  it('makes those mark who allocate faster than its workers can mark', () => {
    const { collector } = loop(1, 4, 1, 60);
    expect((collector?.assistsCpu as number) / (collector?.cpu as number)).toBeGreaterThan(0.5);
  });

  it('counts every nanosecond of marking as work of the machine', () => {
    const { host, spans, collector } = loop(1, 4, 0.1, 60);
    const busy = host.busyCoreNanoseconds();
    expect(busy / 60e9).toBeCloseTo(1, 5);
    expect((spans.length * 1e6 + (collector?.cpu as number)) / busy).toBeCloseTo(1, 2);
  });
});
