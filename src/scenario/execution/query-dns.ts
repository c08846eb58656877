/** queryDns: pods that resolve names. */
import { kinds } from '../../cluster/index.ts';
import type { DnsLoad } from '../../components/addons/index.ts';
import type { QueryDns } from '../operations/index.ts';
import { selectObjects } from './change-objects.ts';
import type { Execution } from './execution.ts';

/** Carries the load out until its end, or until it is told to stop. */
export function* runDnsLoad(execution: Execution, operation: QueryDns): Generator<number, void, number> {
  const { cluster } = execution;
  const services = selectObjects(execution, kinds.services, operation.services);
  if (services.length === 0 && operation.externalShare < 1)
    execution.notes.push(`queryDns ${operation.name} found no Services: it resolves names outside of the cluster only`);
  const { name, form, externalShare, externalNames, searchSuffixes: suffixes, families, pace } = operation;
  const options = { name, services, form, externalShare, externalNames, suffixes, families, pace };
  const load = cluster.addon('coredns')?.newLoad(options) as DnsLoad;
  execution.openLoad(name, load);
  if (operation.for !== undefined) execution.spawn(`end of ${name}`, endAfter(load, operation.for));
  load.start();
  yield* load.settled();
}

function* endAfter(load: DnsLoad, span: number): Generator<number, void, number> {
  yield span;
  load.stop();
}
