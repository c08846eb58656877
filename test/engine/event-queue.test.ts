import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventQueue, HeapEventQueue, RadixLadderEventQueue } from '../../src/engine/index.ts';

/** Keys stay below 2^53. */
const LARGEST_KEY = Number.MAX_SAFE_INTEGER;

/** The obviously right queue: a sorted list. */
class ListQueue {
  private readonly list: { key: number; item: number }[] = [];

  push(key: number, item: number): void {
    let place = this.list.length;
    while (place > 0 && (this.list[place - 1] as { key: number }).key > key) place--;
    this.list.splice(place, 0, { key, item });
  }

  pop(): { key: number; item: number } | undefined {
    return this.list.shift();
  }

  peekKey(): number {
    return this.list[0]?.key ?? -1;
  }

  cancel(item: number): void {
    this.list.splice(
      this.list.findIndex((entry) => entry.item === item),
      1,
    );
  }

  get size(): number {
    return this.list.length;
  }
}

/** A queue under test, with handles given out and taken back as the simulation does. */
class Driven {
  readonly queue: EventQueue;
  dropped = 0;
  cancelled = 0;
  private readonly free: number[] = [];
  private readonly items: number[] = [];
  private readonly handles = new Map<number, number>();

  constructor(Queue: new (onDropped: (handle: number) => void) => EventQueue) {
    this.queue = new Queue((handle) => {
      this.dropped++;
      this.free.push(handle);
    });
  }

  push(key: number, item: number): void {
    const handle = this.free.pop() ?? this.items.length;
    this.items[handle] = item;
    this.handles.set(item, handle);
    this.queue.push(key, handle);
  }

  popUntil(lastKey: number): { key: number; item: number } | undefined {
    const handle = this.queue.popUntil(lastKey);
    if (handle < 0) return undefined;
    const item = this.items[handle] as number;
    this.free.push(handle);
    this.handles.delete(item);
    return { key: this.queue.poppedKey, item };
  }

  pop(): { key: number; item: number } | undefined {
    const handle = this.queue.pop();
    if (handle < 0) return undefined;
    const item = this.items[handle] as number;
    this.free.push(handle);
    this.handles.delete(item);
    return { key: this.queue.poppedKey, item };
  }

  has(item: number): boolean {
    return this.handles.has(item);
  }

  cancel(item: number): void {
    this.queue.cancel(this.handles.get(item) as number);
    this.handles.delete(item);
    this.cancelled++;
  }
}

const kinds = { heap: HeapEventQueue, 'radix ladder': RadixLadderEventQueue };

/** How far ahead of the present key an entry is pushed: ties, neighbours, and jumps of every size. */
const increment = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 3 }),
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: 2 ** 20 }),
  fc.constantFrom(2 ** 8, 2 ** 16, 2 ** 24, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 48).map((n) => n - 1),
  fc.maxSafeNat().map((n) => Math.floor(n / 2 ** 6)),
);

const operation = fc.oneof(
  { weight: 5, arbitrary: fc.record({ push: increment, times: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ push: increment, times: fc.integer({ min: 20, max: 90 }) }) },
  { weight: 4, arbitrary: fc.record({ pop: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ pop: fc.integer({ min: 50, max: 200 }) }) },
  { weight: 1, arbitrary: fc.record({ popUntil: increment }) },
  { weight: 3, arbitrary: fc.record({ cancel: fc.nat() }) },
);

/** A small deterministic generator for the long schedules. */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return ((state ^ (state >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** Shapes of schedules: how far ahead entries are pushed, given a horizon. */
const regimes: Record<string, (random: () => number, horizon: number) => number> = {
  exponential: (random, horizon) => -Math.log(1 - random()) * horizon,
  'half with no delay': (random, horizon) => (random() < 0.5 ? 0 : random() * horizon),
  'one fixed delay': (_, horizon) => horizon,
  'mostly near, some far': (random, horizon) => (random() < 0.9 ? random() * 100 : random() * horizon),
  'a few values with many ties': (random, horizon) => Math.floor(random() * 4) * (horizon / 3),
  'all scales alike': (random, horizon) => horizon ** random(),
};

describe.each(Object.entries(kinds))('the %s event queue', (_, Queue) => {
  it('gives entries in the order of a sorted list, equal keys first in first out, whatever is cancelled', () => {
    fc.assert(
      fc.property(
        fc.array(operation, { maxLength: 120 }),
        fc.integer({ min: 0, max: 2 ** 45 }),
        (operations, start) => {
          const list = new ListQueue();
          const driven = new Driven(Queue);
          const pushed: number[] = [];
          let present = start;
          for (const step of operations) {
            if ('push' in step) {
              const key = Math.min(present + step.push, LARGEST_KEY);
              for (let i = 0; i < step.times; i++) {
                list.push(key, pushed.length);
                driven.push(key, pushed.length);
                pushed.push(key);
              }
            } else if ('pop' in step) {
              for (let i = 0; i < step.pop; i++) {
                const expected = list.pop();
                expect(driven.pop()).toEqual(expected);
                present = expected?.key ?? present;
              }
            } else if ('popUntil' in step) {
              const lastKey = Math.min(present + step.popUntil, LARGEST_KEY);
              const expected = list.size > 0 && list.peekKey() <= lastKey ? list.pop() : undefined;
              expect(driven.popUntil(lastKey)).toEqual(expected);
              // As after a run that ended between two events: what comes next is pushed after the limit.
              present = expected?.key ?? Math.max(present, lastKey);
            } else if (pushed.length > 0) {
              const item = step.cancel % pushed.length;
              if (driven.has(item)) {
                list.cancel(item);
                driven.cancel(item);
              }
            }
            expect(driven.queue.size).toBe(list.size);
            if (operations.length % 2 === 0) expect(driven.queue.peekKey()).toBe(list.peekKey());
          }
          for (let expected = list.pop(); expected !== undefined; expected = list.pop()) {
            expect(driven.pop()).toEqual(expected);
          }
          expect(driven.pop()).toBeUndefined();
          expect(driven.dropped).toBe(driven.cancelled);
        },
      ),
      { numRuns: 400, seed: 20_261_124 },
    );
  });

  it('says that it is empty by -1', () => {
    const queue = new Queue(() => {});
    expect([queue.size, queue.peekKey(), queue.pop(), queue.popUntil(LARGEST_KEY)]).toEqual([0, -1, -1, -1]);
  });

  it('takes an entry before the next one, after having looked ahead', () => {
    const queue = new Queue(() => {});
    queue.push(5, 0);
    queue.push(1_000_000, 1);
    queue.pop();
    expect(queue.peekKey()).toBe(1_000_000);
    for (let handle = 2; handle < 202; handle++) queue.push(1_000 - handle, handle);
    queue.push(1_000_000, 202);
    const order = [];
    for (let handle = queue.pop(); handle >= 0; handle = queue.pop()) order.push(handle);
    expect(order).toEqual([...Array.from({ length: 200 }, (_, i) => 201 - i), 1, 202]);
  });

  it('keeps the order when, after having looked ahead, much is pushed among the entries it looked at', () => {
    const list = new ListQueue();
    const driven = new Driven(Queue);
    let items = 0;
    const push = (key: number): void => {
      list.push(key, items);
      driven.push(key, items++);
    };
    push(5);
    for (let i = 0; i < 3_000; i++) push(1_000_000 + 7 * i);
    expect(driven.pop()).toEqual(list.pop());
    // Looking ahead opens the window around the next entries, far from the present key.
    expect(driven.queue.peekKey()).toBe(1_000_000);
    for (let i = 0; i < 300; i++) push(1_000_000 + ((i * 13) % 400));
    for (let expected = list.pop(); expected !== undefined; expected = list.pop())
      expect(driven.pop()).toEqual(expected);
    expect(driven.pop()).toBeUndefined();
  });

  it('tells the listener of a cancelled entry once, when it leaves', () => {
    const dropped: number[] = [];
    const queue = new Queue((handle) => dropped.push(handle));
    for (let handle = 0; handle < 10; handle++) queue.push(100 * handle, handle);
    for (const handle of [0, 3, 4, 9]) queue.cancel(handle);
    expect(queue.size).toBe(6);
    const order = [];
    for (let handle = queue.pop(); handle >= 0; handle = queue.pop()) order.push(handle);
    expect(order).toEqual([1, 2, 5, 6, 7, 8]);
    expect(dropped.sort()).toEqual([0, 3, 4, 9]);
    expect(queue.size).toBe(0);
  });
});

describe('the radix ladder and the heap', () => {
  it.each(Object.keys(regimes))('give the same order over long schedules: %s', (name) => {
    const ahead = regimes[name] as (random: () => number, horizon: number) => number;
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.integer(),
          start: fc.integer({ min: 0, max: 2 ** 50 }),
          magnitude: fc.double({ min: 0, max: 13, noNaN: true }),
          pending: fc.constantFrom(10, 100, 1_000, 6_000),
          cancelling: fc.constantFrom(0, 0.1, 0.6),
        }),
        ({ seed, start, magnitude, pending, cancelling }) => {
          const random = generator(seed);
          const horizon = Math.floor(10 ** magnitude);
          const heap = new Driven(HeapEventQueue);
          const ladder = new Driven(RadixLadderEventQueue);
          let present = start;
          let items = 0;
          const push = (key: number): void => {
            heap.push(key, items);
            ladder.push(key, items++);
          };
          for (let step = 0; step < 4 * pending + 2_000; step++) {
            if (random() < 0.01) {
              // A burst; half of them all at one instant.
              const together = random() < 0.5 ? Math.floor(ahead(random, horizon)) : -1;
              for (let i = random() * 200; i > 0; i--) {
                push(present + (together >= 0 ? together : Math.floor(ahead(random, horizon))));
              }
            }
            if (random() < (heap.queue.size < pending ? 0.7 : 0.4)) {
              push(present + Math.floor(ahead(random, horizon)));
            } else {
              const expected = heap.pop();
              const actual = ladder.pop();
              if (actual?.item !== expected?.item || actual?.key !== expected?.key) expect(actual).toEqual(expected);
              present = expected?.key ?? present;
            }
            if (random() < cancelling && items > 0) {
              const item = Math.max(0, items - 1 - Math.floor(random() * pending));
              if (heap.has(item)) {
                heap.cancel(item);
                ladder.cancel(item);
              }
            }
            if (ladder.queue.size !== heap.queue.size) expect(ladder.queue.size).toBe(heap.queue.size);
          }
          for (let expected = heap.pop(); expected !== undefined; expected = heap.pop()) {
            const actual = ladder.pop();
            if (actual?.item !== expected.item || actual.key !== expected.key) expect(actual).toEqual(expected);
          }
          expect(ladder.pop()).toBeUndefined();
          expect(ladder.dropped).toBe(ladder.cancelled);
        },
      ),
      { numRuns: 40, seed: 7 },
    );
  });

  it('throw out cancelled entries long before they are due, when those outnumber the live ones', () => {
    let dropped = 0;
    const queue = new RadixLadderEventQueue(() => dropped++);
    for (let handle = 0; handle < 20_000; handle++) queue.push(1e9 + handle, handle);
    for (let handle = 0; handle < 19_000; handle++) queue.cancel(handle);
    expect(dropped).toBeGreaterThan(10_000);
    expect(queue.size).toBe(1_000);
    for (let handle = 19_000; handle < 20_000; handle++) expect(queue.pop()).toBe(handle);
    expect(queue.pop()).toBe(-1);
    expect(dropped).toBe(19_000);
  });
});
