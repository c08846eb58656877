import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type EventId, type EventType, type LinkId, NO_EVENT, Simulation } from '../../src/engine/index.ts';
import { NEVER, nanoseconds, type SimTime, simTime } from '../../src/units/index.ts';

describe.each(['radix-ladder', 'heap'] as const)('a simulation on the %s', (queue) => {
  let simulation: Simulation;
  let log: string[];
  let noted: EventType;

  beforeEach(() => {
    simulation = new Simulation({ seed: 'test', queue });
    log = [];
    noted = simulation.on('noted', (a, b) => log.push(`${simulation.now}: ${a} ${b}`));
  });

  it('runs events in the order of their instants', () => {
    for (const time of [30, 10, 20]) simulation.at(simTime(time), noted, time);
    simulation.run(simTime(100));
    expect(log).toEqual(['10: 10 0', '20: 20 0', '30: 30 0']);
    expect(simulation.now).toBe(100);
  });

  it('runs events of one instant in the order of scheduling', () => {
    for (let i = 0; i < 5; i++) simulation.at(simTime(10), noted, i);
    simulation.run(simTime(10));
    expect(log).toEqual(['10: 0 0', '10: 1 0', '10: 2 0', '10: 3 0', '10: 4 0']);
  });

  it('runs an event without delay after those already due at that instant', () => {
    const first = simulation.on('first', () => simulation.after(nanoseconds(0), noted, 1));
    simulation.at(simTime(10), first);
    simulation.at(simTime(10), noted, 2);
    simulation.run(simTime(10));
    expect(log).toEqual(['10: 2 0', '10: 1 0']);
  });

  it('delivers messages before the local events of their instant, by link and then by order of sending', () => {
    const low = simulation.openLink('low');
    const high = simulation.openLink('high');
    simulation.at(simTime(10), noted, 9);
    simulation.send(high, simTime(10), noted, 3);
    simulation.send(low, simTime(10), noted, 1);
    simulation.send(high, simTime(10), noted, 4);
    simulation.send(low, simTime(10), noted, 2);
    simulation.run(simTime(10));
    expect(log.map((line) => line.slice(4, 5))).toEqual(['1', '2', '3', '4', '9']);
  });

  it('delivers a lone message before the local events of its instant', () => {
    const link = simulation.openLink('link');
    simulation.at(simTime(10), noted, 2);
    simulation.send(link, simTime(10), noted, 1);
    simulation.run(simTime(10));
    expect(log).toEqual(['10: 1 0', '10: 2 0']);
  });

  it('refuses a message that arrives at once or before its predecessor on the link', () => {
    const link = simulation.openLink('wire');
    const other = simulation.openLink('other');
    simulation.run(simTime(5));
    simulation.send(link, simTime(20), noted);
    expect(() => simulation.send(other, simTime(5), noted)).toThrow(/not after now/);
    expect(() => simulation.send(link, simTime(19), noted)).toThrow(/wire.*before its predecessor/);
    simulation.send(link, simTime(20), noted);
    simulation.send(other, simTime(6), noted);
    expect(() => simulation.send(7 as LinkId, simTime(30), noted)).toThrow(/not open/);
  });

  it('refuses instants that are past, beyond the last, or no numbers', () => {
    simulation.run(simTime(10));
    expect(() => simulation.at(simTime(9), noted)).toThrow(/which is past/);
    expect(() => simulation.at(NEVER, noted)).toThrow(/beyond the last/);
    expect(() => simulation.at(Number.NaN as SimTime, noted)).toThrow();
    expect(() => simulation.run(simTime(9))).toThrow(RangeError);
  });

  it('runs up to and including an instant, and goes on from there', () => {
    for (const time of [10, 20, 21, 40]) simulation.at(simTime(time), noted, time);
    simulation.run(simTime(20));
    expect([log.length, simulation.pendingEvents, simulation.now]).toEqual([2, 2, 20]);
    simulation.at(simTime(25), noted, 25);
    simulation.run(simTime(30));
    expect(log).toEqual(['10: 10 0', '20: 20 0', '21: 21 0', '25: 25 0']);
    simulation.run(NEVER);
    expect(simulation.pendingEvents).toBe(0);
  });

  it('does not run a cancelled event', () => {
    const event = simulation.at(simTime(10), noted, 1);
    simulation.at(simTime(10), noted, 2);
    expect(simulation.isPending(event)).toBe(true);
    simulation.cancel(event);
    expect([simulation.isPending(event), simulation.pendingEvents]).toEqual([false, 1]);
    simulation.run(simTime(20));
    expect(log).toEqual(['10: 2 0']);
  });

  it('fails when an event is cancelled that has fired, was cancelled, or never was', () => {
    const fired = simulation.at(simTime(10), noted);
    const cancelled = simulation.at(simTime(30), noted);
    simulation.cancel(cancelled);
    simulation.run(simTime(20));
    // The records are used again; the ids must not be.
    for (let i = 0; i < 4; i++) simulation.at(simTime(100), noted);
    for (const event of [fired, cancelled, NO_EVENT, 12_345_678 as EventId]) {
      expect(() => simulation.cancel(event)).toThrow(/not pending/);
    }
    expect(simulation.pendingEvents).toBe(4);
  });

  it('fails when an event cancels itself while it runs', () => {
    let own: EventId = NO_EVENT;
    const selfish = simulation.on('selfish', () => simulation.cancel(own));
    own = simulation.at(simTime(10), selfish);
    expect(() => simulation.run(simTime(20))).toThrow(/not pending.*in event selfish/);
  });

  it('stops after the event that asks for it, and can go on', () => {
    const stopping = simulation.on('stopping', () => simulation.stop('enough'));
    simulation.at(simTime(10), stopping);
    simulation.at(simTime(10), noted, 1);
    simulation.run(simTime(50));
    expect([simulation.stopReason, simulation.now, log.length]).toEqual(['enough', 10, 0]);
    simulation.run(simTime(50));
    expect([simulation.stopReason, simulation.now, log]).toEqual([undefined, 50, ['10: 1 0']]);
  });

  it('keeps the other messages of an instant when one of them stops the run', () => {
    const stopping = simulation.on('stopping', () => {
      simulation.stop('enough');
      log.push(`${simulation.pendingEvents} left`);
    });
    const links = [0, 1, 2, 3].map((i) => simulation.openLink(`${i}`));
    for (const link of [3, 1, 2, 0]) {
      simulation.send(links[link] as LinkId, simTime(10), link === 1 ? stopping : noted, link);
    }
    simulation.at(simTime(10), noted, 4);
    simulation.run(simTime(20));
    expect([log, simulation.pendingEvents]).toEqual([['10: 0 0', '3 left'], 3]);
    simulation.run(simTime(20));
    expect(log.slice(2)).toEqual(['10: 2 0', '10: 3 0', '10: 4 0']);
  });

  it('calls a hook each n events, and stops when it returns false', () => {
    const calls: number[] = [];
    simulation.everyEvents(3, () => {
      calls.push(simulation.eventsProcessed);
      return calls.length < 3;
    });
    let often = 0;
    simulation.everyEvents(2, () => ++often > 0);
    for (let i = 0; i < 20; i++) simulation.at(simTime(i), noted);
    simulation.run(simTime(50));
    expect([calls, often, simulation.now]).toEqual([[3, 6, 9], 4, 8]);
    expect(simulation.stopReason).toBeDefined();
  });

  it('counts events by the name of their type', () => {
    const other = simulation.on('other', () => {});
    for (let i = 0; i < 3; i++) simulation.at(simTime(i), noted);
    simulation.at(simTime(9), other);
    simulation.run(simTime(10));
    expect([...simulation.eventTypeCounts].filter(([, count]) => count > 0)).toEqual([
      ['noted', 3],
      ['other', 1],
    ]);
    expect(simulation.eventsProcessed).toBe(4);
  });

  it('registers a name once', () => {
    expect(() => simulation.on('noted', () => {})).toThrow(/registered already/);
  });

  it('does not run inside of a run', () => {
    const nested = simulation.on('nested', () => simulation.run(simTime(100)));
    simulation.at(simTime(10), nested);
    expect(() => simulation.run(simTime(20))).toThrow(/called by an event handler/);
  });

  it('hands handlers 32-bit integers, negative ones too', () => {
    simulation.at(simTime(1), noted, -5, 2 ** 31 - 1);
    simulation.run(simTime(1));
    expect(log).toEqual([`1: -5 ${2 ** 31 - 1}`]);
  });
});

describe('the fingerprint of a run', () => {
  /** A run of a few events, by (instant, type, a, b). */
  function fingerprintOf(events: readonly (readonly [number, number, number, number])[]): string {
    const simulation = new Simulation({ seed: 'test' });
    const types = ['one', 'two', 'three'].map((name) => simulation.on(name, () => {}));
    for (const [time, type, a, b] of events) simulation.at(simTime(time), types[type] as EventType, a, b);
    simulation.run(simTime(2 ** 40));
    return simulation.fingerprint();
  }

  it('differs when any event differs in instant, type or argument, or when two change places', () => {
    const runs: (readonly [number, number, number, number])[][] = [
      [],
      [[5, 0, 0, 0]],
      [[6, 0, 0, 0]],
      [[5 + 2 ** 32, 0, 0, 0]],
      [[5, 1, 0, 0]],
      [[5, 0, 1, 0]],
      [[5, 0, 0, 1]],
      [[5, 0, 1, 1]],
      [
        [5, 0, 1, 0],
        [5, 0, 2, 0],
      ],
      [
        [5, 0, 2, 0],
        [5, 0, 1, 0],
      ],
      [
        [5, 0, 0, 0],
        [5, 0, 0, 0],
      ],
    ];
    expect(new Set(runs.map(fingerprintOf)).size).toBe(runs.length);
    expect(fingerprintOf([[5, 0, 0, 0]])).toMatch(/^[0-9a-f]{16}$/);
  });

  it('has no collisions among many runs that differ in one bit', () => {
    const seen = new Set<string>();
    let runs = 0;
    const add = (...event: [number, number, number, number]): void => {
      seen.add(fingerprintOf([event]));
      runs++;
    };
    for (let bit = 0; bit < 31; bit++) {
      for (let other = 0; other < 31; other++) {
        add(2 ** bit, 0, 2 ** other, 0);
        add(2 ** bit, 0, 0, 2 ** other);
        add(3, 0, 2 ** bit, 2 ** other);
      }
    }
    expect(seen.size).toBe(runs);
  });

  it('is the same on both event queues, whatever a random model does', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 9 }), (seed, magnitude) => {
        const [ladder, heap] = (['radix-ladder', 'heap'] as const).map((queue) =>
          randomModel(seed, 10 ** magnitude, queue),
        );
        expect(ladder).toEqual(heap);
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  /** A model that schedules, sends and cancels at random. */
  function randomModel(seed: string, horizon: number, queue: 'radix-ladder' | 'heap'): unknown {
    const simulation = new Simulation({ seed, queue });
    const random = simulation.streams.stream('model');
    const span = () => nanoseconds(random.next() < 0.2 ? 0 : random.next() * horizon);
    const links = Array.from({ length: 5 }, (_, i) => simulation.openLink(`link ${i}`));
    const arrivals = [0, 0, 0, 0, 0];
    const timers: EventId[] = [];
    const types: EventType[] = [];
    const act = (a: number): void => {
      if (simulation.eventsProcessed > 3_000) return;
      simulation.after(span(), types[a % 2] as EventType, a + 1);
      if (random.next() < 0.3) timers.push(simulation.after(span(), types[1] as EventType, a + 2));
      if (random.next() < 0.4) {
        const link = Math.floor(random.next() * 5);
        arrivals[link] = Math.max(arrivals[link] as number, simulation.now + 1 + Math.floor(random.next() * 3));
        simulation.send(links[link] as LinkId, simTime(arrivals[link] as number), types[0] as EventType, a + 3);
      }
      const timer = timers[Math.floor(random.next() * timers.length)];
      if (timer !== undefined && random.next() < 0.5 && simulation.isPending(timer)) simulation.cancel(timer);
    };
    types.push(simulation.on('even', act), simulation.on('odd', act));
    for (let i = 0; i < 20; i++) simulation.after(span(), types[i % 2] as EventType, i);
    for (let part = 1; part <= 10; part++) simulation.run(simTime((part * horizon) / 2));
    return [simulation.fingerprint(), simulation.eventsProcessed, simulation.pendingEvents];
  }
});
