/** Tables in the terminal. */
import Table from 'cli-table3';

/** A table without colours of its own. */
export function plainTable(head: string[]): Table.Table {
  return new Table({ head, style: { head: [], border: [] } });
}
