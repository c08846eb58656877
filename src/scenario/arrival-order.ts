/**
 * Files that fix in which order the jobs of a table come, and which place each node has in the fixed order by which ties are broken:
 * `{"order": [row, …], "node_rank": [place, …]}`; rows counted from 0, places by the names of the nodes in alphabetical order. One file a replication.
 */
import { z } from 'zod';
import { PlimsollError } from '../errors/index.ts';
import type { ValuePath } from '../manifests/index.ts';
import type { OperationContext } from './operations/operation-context.ts';
import { strictMap } from './schema-parts.ts';
import { textSchema } from './value-forms.ts';

/** Names of the files. */
export const orderFilesSchema = strictMap({
  files: z.array(textSchema('a JSON file with the order, relative to the scenario')).min(1),
});

/** What a file holds. */
type OrderKey = 'order' | 'node_rank';

/** The numbers under a key of each file; what is wrong is reported. */
export function readOrders(
  { files }: z.output<typeof orderFilesSchema>,
  key: OrderKey,
  path: ValuePath,
  context: OperationContext,
): readonly (readonly number[])[] {
  return files.flatMap((written, index) => {
    const source = context.readFile(written, [...path, 'files', index]);
    if (source === undefined) return [];
    const numbers = context.attempt(() => numbersOf(source.file, source.text, key));
    return numbers === undefined ? [] : [numbers];
  });
}

function numbersOf(file: string, text: string, key: OrderKey): readonly number[] {
  const numbers = parsed(text)?.[key];
  const isList = Array.isArray(numbers) && numbers.every((number) => Number.isInteger(number) && number >= 0);
  if (isList) return numbers as number[];
  throw new PlimsollError('P204', {
    message: `the file has no list of whole numbers under "${key}"`,
    expected: `{"${key}": [3, 0, 2, …]}`,
    position: { file, line: 1, column: 1 },
  });
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The list of a replication (counted from 1): each in turn. */
export function ofReplication(orders: readonly (readonly number[])[], replication: number): readonly number[] {
  return orders[Math.max(0, replication - 1) % orders.length] ?? [];
}
