/** Devices that are offered, taken and given back, against plain sums. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeviceCounts, type DeviceNeed } from '../../../src/components/kube-scheduler/devices/device-counts.ts';

const DRIVERS = ['gpu', 'nic'];
const SLOTS = 300;

test('free devices are those offered less those taken, on every node and of every driver', () => {
  const step = fc.record({
    what: fc.constantFrom('offer', 'take', 'give'),
    driver: fc.constantFrom(...DRIVERS),
    slot: fc.nat({ max: SLOTS - 1 }),
    count: fc.integer({ min: 1, max: 4 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 3 }), (steps, wanted) => {
      const counts = new DeviceCounts();
      const free = new Map<string, number>();
      const taken = new Map<string, number>();
      const at = (driver: string, slot: number) => `${driver} ${slot}`;
      for (const { what, driver, slot, count } of steps) {
        const place = at(driver, slot);
        const amount = what === 'give' ? Math.min(count, taken.get(place) ?? 0) : count;
        const needs: DeviceNeed[] = [{ driver, count: amount }];
        if (what === 'offer') counts.offer(driver, slot, amount);
        else counts.take(needs, slot, what === 'take' ? 1 : -1);
        const change = what === 'take' ? amount : -amount;
        if (what !== 'offer') taken.set(place, (taken.get(place) ?? 0) + change);
        free.set(place, (free.get(place) ?? 0) + (what === 'take' ? -amount : amount));
      }
      const needs = DRIVERS.map((driver) => ({ driver, count: wanted }));
      for (let slot = 0; slot < SLOTS; slot++) {
        for (const driver of DRIVERS) expect(counts.free(driver, slot)).toBe(free.get(at(driver, slot)) ?? 0);
        const fits = DRIVERS.every((driver) => (free.get(at(driver, slot)) ?? 0) >= wanted);
        expect(counts.has(needs, slot)).toBe(fits);
      }
      for (const driver of DRIVERS) {
        const all = [...taken].filter(([place]) => place.startsWith(driver)).reduce((sum, [, count]) => sum + count, 0);
        expect(counts.takenOf(driver)).toBe(all);
      }
    }),
  );
});
