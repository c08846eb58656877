import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SerialServer } from '../../src/engine/index.ts';
import { nanoseconds, simTime } from '../../src/units/index.ts';

const request = fc.record({ pause: fc.nat(50), service: fc.nat(100) });

describe('a serial server', () => {
  it('serves one after the other', () => {
    const server = new SerialServer();
    expect(server.reserve(simTime(10), nanoseconds(100))).toBe(110);
    expect(server.reserve(simTime(20), nanoseconds(100))).toBe(210);
    expect(server.reserve(simTime(500), nanoseconds(1))).toBe(501);
    expect([server.count, server.waitingSum, server.serviceSum]).toEqual([3, 90, 201]);
  });

  it('refuses arrivals that go backwards, and less than one server', () => {
    const server = new SerialServer();
    server.reserve(simTime(10), nanoseconds(1));
    expect(() => server.reserve(simTime(9), nanoseconds(1))).toThrow(/must not go backwards/);
    for (const servers of [0, 1.5, -1]) expect(() => new SerialServer(servers)).toThrow(RangeError);
  });

  it('agrees with one that looks through all servers for the first that is free', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.array(request, { minLength: 90, maxLength: 200 }),
        (servers, requests) => {
          const server = new SerialServer(servers);
          const freeAt = Array.from({ length: servers }, () => 0);
          const starts: number[] = [];
          let now = 0;
          for (const { pause, service } of requests) {
            now += pause;
            const first = freeAt.indexOf(Math.min(...freeAt));
            expect(server.earliestFree).toBe(freeAt[first]);
            starts.push(Math.max(now, freeAt[first] as number));
            freeAt[first] = (starts.at(-1) as number) + service;
            expect(server.reserve(simTime(now), nanoseconds(service))).toBe(freeAt[first]);
            // Asked now and then only, so that it has to drop what has started by itself too.
            if (starts.length % 90 === 89)
              expect(server.waiting(simTime(now))).toBe(starts.filter((start) => start > now).length);
          }
        },
      ),
      { numRuns: 300, seed: 4 },
    );
  });

  it('knows how long its servers were busy up to any instant after the last arrival', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(request, { minLength: 1, maxLength: 30 }),
        fc.nat(500),
        (servers, requests, later) => {
          const server = new SerialServer(servers);
          const busy: [number, number][] = [];
          let now = 0;
          for (const { pause, service } of requests) {
            now += pause;
            const finish = server.reserve(simTime(now), nanoseconds(service));
            busy.push([finish - service, finish]);
          }
          const until = now + later;
          const expected = busy.reduce(
            (sum, [start, end]) => sum + Math.max(0, Math.min(end, until) - Math.min(start, until)),
            0,
          );
          expect(server.busyNanoseconds(simTime(until))).toBe(expected);
        },
      ),
      { numRuns: 300, seed: 4 },
    );
  });
});
