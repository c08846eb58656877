/** Counts by node and by domain against plain ones, however many there are. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DomainCounts } from '../../../src/components/kube-scheduler/topology/domain-counts.ts';
import { EVERY_NODE, NodeEligibility } from '../../../src/components/kube-scheduler/topology/node-eligibility.ts';
import { SlotCounts } from '../../../src/components/kube-scheduler/topology/slot-counts.ts';
import { TopologyKey } from '../../../src/components/kube-scheduler/topology/topology-key.ts';

const SLOTS = 200;

test('counts by slot are the same whether they are few or many', () => {
  const changes = fc.array(fc.tuple(fc.nat({ max: SLOTS - 1 }), fc.integer({ min: 1, max: 3 }), fc.boolean()), {
    maxLength: 400,
  });
  fc.assert(
    fc.property(changes, fc.constantFrom(8, 64, SLOTS), (list, capacity) => {
      const counts = new SlotCounts();
      const plain = new Map<number, number>();
      for (const [slot, amount, adds] of list) {
        const before = plain.get(slot) ?? 0;
        const change = adds ? amount : -Math.min(amount, before);
        counts.add(slot, change, Math.max(capacity, slot + 1));
        plain.set(slot, before + change);
      }
      for (let slot = 0; slot < SLOTS; slot++) expect(counts.get(slot)).toBe(plain.get(slot) ?? 0);
      const occupied = [...plain].filter(([, count]) => count > 0);
      const visited: [number, number][] = [];
      counts.forEach((slot, count) => {
        visited.push([slot, count]);
      });
      const bySlot = ([one]: [number, number], [other]: [number, number]) => one - other;
      expect(visited.sort(bySlot)).toEqual(occupied.sort(bySlot));
      expect(counts.occupied).toBe(occupied.length);
      expect(counts.total).toBe(occupied.reduce((sum, [, count]) => sum + count, 0));
    }),
  );
});

test('the least number of pods in a domain is true after every change of pods and nodes', () => {
  const change = fc.oneof(
    fc.record({
      what: fc.constant('pods' as const),
      slot: fc.nat({ max: 11 }),
      amount: fc.integer({ min: -2, max: 4 }),
    }),
    fc.record({
      what: fc.constant('node' as const),
      slot: fc.nat({ max: 11 }),
      zone: fc.constantFrom('a', 'b', 'c', ''),
    }),
  );
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
      const topology = new TopologyKey('zone');
      const eligibility = new NodeEligibility(EVERY_NODE);
      const counts = new DomainCounts(topology, eligibility, true);
      const pods = new Array<number>(12).fill(0);
      const zones = new Map<number, string>();
      for (const step of changes) {
        const { slot } = step;
        if (step.what === 'pods') {
          const amount = Math.max(step.amount, -(pods[slot] as number));
          pods[slot] = (pods[slot] as number) + amount;
          counts.change(slot, amount);
        } else {
          counts.countNode(slot, pods[slot] as number, -1);
          topology.set(slot, step.zone === '' ? undefined : { zone: step.zone }, 12);
          eligibility.set(slot, step.zone !== '', 12);
          counts.countNode(slot, pods[slot] as number, 1);
          if (step.zone === '') zones.delete(slot);
          else zones.set(slot, step.zone);
        }
        const plain = new Map<string, number>();
        for (const [node, zone] of zones) plain.set(zone, (plain.get(zone) ?? 0) + (pods[node] as number));
        expect(counts.domains).toBe(plain.size);
        expect(counts.minimum).toBe(plain.size === 0 ? 0 : Math.min(...plain.values()));
        expect(counts.total).toBe([...plain.values()].reduce((sum, count) => sum + count, 0));
        for (const [node, zone] of zones) expect(counts.at(node)).toBe(plain.get(zone));
      }
    }),
  );
});
