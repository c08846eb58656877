/** The map that forgets its oldest entry against its slow twin: a list of pairs that is looked through. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedMap } from '../../../src/components/client-go/bounded-map.ts';

const SIZE = 4;

describe('a bounded map', () => {
  it('knows what a list of its latest additions knows, whatever is asked and added, also after it was cleared', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 19 }), { minLength: 20, maxLength: 60 }), (steps) => {
        const map = new BoundedMap<number>(SIZE);
        let list: { readonly key: number; readonly value: number }[] = [];
        steps.forEach((key, value) => {
          if (key === 0) {
            map.clear();
            list = [];
            return;
          }
          const known = list.find((entry) => entry.key === key)?.value;
          expect(map.get(key)).toBe(known);
          if (known !== undefined) return;
          map.add(key, value);
          list = [...list, { key, value }].slice(-SIZE);
        });
      }),
    );
  });
});
