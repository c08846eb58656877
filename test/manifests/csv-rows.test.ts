import { expect, it } from 'vitest';
import { csvRows, numberIn } from '../../src/manifests/csv-rows.ts';

it('rows are read by the names of the columns, with quoted fields, empty ones and Windows line ends', () => {
  const rows = csvRows('a,b,c\r\n1,"{""201"":12}",\r\n,x,3\n');
  expect(rows).toEqual([
    { a: '1', b: '{"201":12}', c: '' },
    { a: '', b: 'x', c: '3' },
  ]);
  expect(numberIn(rows[0] as never, 'a')).toBe(1);
  expect(() => numberIn(rows[1] as never, 'a')).toThrow('a is no number');
});
