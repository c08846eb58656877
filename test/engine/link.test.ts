import { describe, expect, it } from 'vitest';
import { type EventType, Link, LinkTable, Simulation } from '../../src/engine/index.ts';
import { nanoseconds, simTime } from '../../src/units/index.ts';

function world(): { simulation: Simulation; arrived: EventType; log: string[] } {
  const simulation = new Simulation({ seed: 'test' });
  const log: string[] = [];
  const arrived = simulation.on('arrived', (a, b) => log.push(`${simulation.now}: ${a} ${b}`));
  return { simulation, arrived, log };
}

describe('a link', () => {
  it('delays by the delay asked for, but never by less than its minimum', () => {
    const { simulation, arrived, log } = world();
    const link = new Link(simulation, 'wire', nanoseconds(100));
    expect(link.transmit(nanoseconds(5), arrived, 1)).toBe(100);
    expect(link.transmit(nanoseconds(300), arrived, 2, -2)).toBe(300);
    simulation.run(simTime(1_000));
    expect(log).toEqual(['100: 1 0', '300: 2 -2']);
  });

  it('keeps the order of sending: a late message holds up those behind it', () => {
    const { simulation, arrived, log } = world();
    const link = new Link(simulation, 'wire', nanoseconds(1));
    link.transmit(nanoseconds(500), arrived, 1);
    expect(link.transmit(nanoseconds(10), arrived, 2)).toBe(500);
    link.transmit(nanoseconds(600), arrived, 3);
    simulation.run(simTime(1_000));
    expect(log).toEqual(['500: 1 0', '500: 2 0', '600: 3 0']);
  });

  it('needs a minimum delay', () => {
    const { simulation } = world();
    expect(() => new Link(simulation, 'wire', nanoseconds(0))).toThrow(RangeError);
    expect(() => new LinkTable(simulation, 'wires').add(nanoseconds(0))).toThrow(RangeError);
  });
});

describe('a table of links', () => {
  it('does for each of many links what a single link does', () => {
    const { simulation, arrived, log } = world();
    const table = new LinkTable(simulation, 'wires');
    const indexes = [100, 50, 1].map((minimum) => table.add(nanoseconds(minimum)));
    expect([indexes, table.count]).toEqual([[0, 1, 2], 3]);
    table.transmit(2, nanoseconds(100), arrived, 20);
    table.transmit(0, nanoseconds(5), arrived, 0);
    table.transmit(1, nanoseconds(200), arrived, 10);
    expect(table.transmit(1, nanoseconds(1), arrived, 11)).toBe(200);
    expect(table.transmit(2, nanoseconds(7), arrived, 21)).toBe(100);
    simulation.run(simTime(1_000));
    // At one instant, the links' order of opening decides, not the order of sending.
    expect(log).toEqual(['100: 0 0', '100: 20 0', '100: 21 0', '200: 10 0', '200: 11 0']);
  });
});
