import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey } from '../../../src/cluster/index.ts';
import { StatusCode, Verb } from '../../../src/components/api-machinery/index.ts';
import { EventRecorder, eventRecorderReplies } from '../../../src/components/client-go/index.ts';
import { NS_PER_SECOND, seconds, simTime } from '../../../src/units/index.ts';
import { ApiWorld, type Overrides } from '../api-world.ts';

/** A recorder, and what it has written: "POST 3" = an event of key 3. */
class RecorderWorld extends ApiWorld {
  readonly events: EventRecorder;
  readonly written: string[] = [];
  readonly writtenAt: number[] = [];

  constructor(overrides: Overrides = {}) {
    super(overrides);
    this.events = new EventRecorder(this.clientGo, this.client(), eventRecorderReplies(this.clientGo));
    this.clientGo.observe({
      onAnswered: (request) => {
        const { requests } = this;
        if (requests.code[request] === StatusCode.ConnectionBroken) return;
        const verb = requests.verb[request] === Verb.Create ? 'POST' : `PATCH to ${requests.number(request, 0)}`;
        this.written.push(`${verb} ${requests.key[request]}`);
        this.writtenAt.push(this.simulation.now / NS_PER_SECOND);
      },
    });
  }

  tell(message: number, object = 1): void {
    this.events.record('SuccessfulCreate', kinds.replicasets, object as ObjectKey, message);
  }

  runFor(span: number): void {
    this.simulation.run(simTime(this.simulation.now + seconds(span)));
  }

  count(verb: 'POST' | 'PATCH'): number {
    return this.written.filter((call) => call.startsWith(verb)).length;
  }
}

describe('the event recorder', () => {
  it('writes a hundred different messages about one object as 10 POSTs and 15 PATCHes, as measured', () => {
    const world = new RecorderWorld();
    for (let message = 0; message < 100; message++) world.tell(message);
    world.runFor(10);
    expect([world.count('POST'), world.count('PATCH')]).toEqual([10, 15]);
    // All of the fifteen count up the combined event, the tenth.
    expect(world.written.slice(10)).toEqual(Array.from({ length: 15 }, (_, i) => `PATCH to ${i + 2} 9`));
    expect(world.events.dropped).toBe(75);
  });

  it('counts the same message up', () => {
    const world = new RecorderWorld();
    for (let i = 0; i < 30; i++) world.tell(7);
    world.runFor(10);
    expect([world.count('POST'), world.count('PATCH')]).toEqual([1, 24]);
    expect(world.written.at(-1)).toBe('PATCH to 25 0');
  });

  it('counts each of several messages that alternate', () => {
    const world = new RecorderWorld();
    for (let i = 0; i < 9; i++) world.tell(i % 3);
    world.runFor(10);
    expect(world.written).toEqual([
      'POST 0',
      'POST 1',
      'POST 2',
      'PATCH to 2 0',
      'PATCH to 2 1',
      'PATCH to 2 2',
      'PATCH to 3 0',
      'PATCH to 3 1',
      'PATCH to 3 2',
    ]);
  });

  it('keeps objects and reasons apart', () => {
    const world = new RecorderWorld();
    for (let object = 0; object < 40; object++) world.tell(1, object);
    world.events.record('SuccessfulDelete', kinds.replicasets, 1 as ObjectKey, 1);
    world.runFor(10);
    expect([world.count('POST'), world.count('PATCH')]).toEqual([41, 0]);
  });

  it('combines no more after a pause of ten minutes, but goes on counting', () => {
    const world = new RecorderWorld();
    for (let message = 0; message < 12; message++) world.tell(message);
    world.runFor(599);
    world.tell(12);
    world.runFor(1);
    expect(world.written.at(-1)).toBe('PATCH to 4 9');
    world.runFor(601);
    world.tell(13);
    world.tell(0);
    world.runFor(1);
    expect(world.written.slice(-2)).toEqual(['POST 10', 'PATCH to 2 0']);
  });

  it('lets one more event about an object pass every five minutes', () => {
    const world = new RecorderWorld();
    for (let i = 0; i < 100; i++) world.tell(1);
    world.runFor(10);
    expect(world.written).toHaveLength(25);
    for (let i = 0; i < 100; i++) {
      world.runFor(60);
      world.tell(1);
    }
    world.runFor(1);
    // 6,010 s are 20 refills.
    expect(world.written).toHaveLength(45);
  });

  it('writes one event after the other', () => {
    const world = new RecorderWorld({
      network: { nodeDelay: { distribution: 'constant', value: 0.05 * NS_PER_SECOND } },
    });
    for (let object = 0; object < 5; object++) world.tell(1, object);
    world.runFor(10);
    world.writtenAt.slice(1).forEach((instant, i) => {
      expect(instant - (world.writtenAt[i] ?? 0)).toBeGreaterThanOrEqual(0.1);
    });
  });

  it('drops what its queue cannot hold', () => {
    const world = new RecorderWorld();
    for (let object = 0; object < 1500; object++) world.tell(1, object);
    expect(world.events.dropped).toBe(500);
    world.runFor(60);
    expect(world.count('POST')).toBe(1000);
  });

  it('tries again after a pause while the connection breaks', () => {
    const world = new RecorderWorld({ kubeApiserver: { restart: 15 * NS_PER_SECOND } });
    world.servers[0]?.crash();
    for (let object = 0; object < 3; object++) world.tell(1, object);
    world.runFor(60);
    expect(world.written).toEqual(['POST 0', 'POST 1', 'POST 2']);
    expect(world.events.dropped).toBe(0);
  });

  it('gives an event up after twelve tries', () => {
    const world = new RecorderWorld({ kubeApiserver: { restart: 130 * NS_PER_SECOND } });
    world.servers[0]?.crash();
    for (let object = 0; object < 2; object++) world.tell(1, object);
    world.runFor(300);
    expect(world.events.dropped).toBe(1);
    expect(world.written).toEqual(['POST 1']);
  });

  it('knows nothing of before once its process has ended', () => {
    const world = new RecorderWorld();
    for (let message = 0; message < 30; message++) world.tell(message);
    world.events.clear();
    world.tell(0);
    world.tell(0);
    world.runFor(10);
    // One was on its way; the others are lost.
    expect(world.count('POST')).toBe(2);
    expect(world.count('PATCH')).toBe(1);
  });
});
