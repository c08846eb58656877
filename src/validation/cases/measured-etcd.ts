/** The machine on which etcd was measured: two cores that one member, or three, share with the clients; see data/measured/README.md. */

import { type CsvRow, numberIn } from '../../manifests/csv-rows.ts';
import { caseParameters, type ParameterValues } from '../case-parameters.ts';
import { StoreWorld } from '../store-world.ts';
import type { Reference } from '../validation-case.ts';

/** Keys at random, as in the measurements. */
const KEYS = 10_000;
/** Connections at most. */
const MOST_CONNECTIONS = 8;
/** Cores of the machine. */
const CORES = 2;
/** CPU of the load generator for a call at high concurrency: put_grid.csv, 0.65 cores at 19,737 puts/s, 0.57 at 16,620 [ns]. */
const CLIENT_CPU = 34_000;

/** What differs from the defaults: one member, of etcd 3.5, which notes a snapshot and drops old entries less often (data/measured/README.md). */
export const measuredEtcd: ParameterValues = {
  'etcd.members': 1,
  'etcd.snapshotCount': 100_000,
  'etcd.logCompactionEntries': 100_000,
};

/** etcd on that machine. */
export function measuredWorld(
  clients: number,
  size: number,
  overrides: ParameterValues,
  special: { readonly keys?: number; readonly preload?: boolean; readonly values?: ParameterValues } = {},
): StoreWorld {
  return new StoreWorld({
    parameters: caseParameters(['network-loopback'], measuredEtcd, overrides, special.values ?? {}),
    cores: CORES,
    shared: true,
    keys: special.keys ?? KEYS,
    preload: special.preload ?? true,
    size,
    connections: Math.min(clients, MOST_CONNECTIONS),
    clientCpu: CLIENT_CPU,
  });
}

/** References of a row, each with its least and greatest where the file has them. */
export function referencesOf(
  row: CsvRow,
  columns: readonly (readonly [metric: string, unit: string, value: string, least?: string, most?: string])[],
): Reference[] {
  return columns
    .filter(([, , value]) => row[value] !== undefined && row[value] !== '' && row[value] !== 'NaN')
    .map(([metric, unit, value, least, most]) => ({
      metric,
      unit,
      value: numberIn(row, value),
      ...(least === undefined || most === undefined ? {} : { least: numberIn(row, least), most: numberIn(row, most) }),
    }));
}
