/** connect: connections to Services at a rate, from nodes and to Services at random. */
import { kinds, LABEL_ZONE, type ObjectKey } from '../../cluster/index.ts';
import { createDistribution } from '../../engine/index.ts';
import { NS_PER_SECOND, nanoseconds } from '../../units/index.ts';
import type { Connect } from '../operations/index.ts';
import { selectObjects } from './change-objects.ts';
import type { Execution } from './execution.ts';

/** Opens connections until the end, or until it is told to stop. */
export function* runConnections(execution: Execution, operation: Connect): Generator<number, void, number> {
  const { cluster, arrivals, choices } = execution;
  const services = selectObjects(execution, kinds.services, operation.services);
  const nodes = nodesOf(execution, operation.zone);
  if (services.length === 0 || nodes.length === 0) {
    const missing = services.length === 0 ? 'Services' : 'nodes';
    execution.notes.push(`connect ${operation.name} found no ${missing} and opened no connection`);
    return;
  }
  let isStopped = false;
  execution.openLoad(operation.name, {
    stop: () => {
      isStopped = true;
    },
  });
  const mean = NS_PER_SECOND / operation.rate;
  const pause = createDistribution(
    operation.isPoisson ? { distribution: 'exponential', mean } : { distribution: 'constant', value: mean },
  );
  const duration = createDistribution(operation.duration);
  const end = operation.for === undefined ? Number.POSITIVE_INFINITY : cluster.simulation.now + operation.for;
  for (;;) {
    yield pause.sample(arrivals);
    if (isStopped || cluster.simulation.now > end) return;
    const node = nodes[Math.floor(choices.next() * nodes.length)] as ObjectKey;
    const service = services[Math.floor(choices.next() * services.length)] as ObjectKey;
    cluster.traffic.connect(node, service, nanoseconds(duration.sample(choices)));
  }
}

/** Nodes that are there when it begins, of one zone if one is named. */
function nodesOf({ cluster }: Execution, zone: string | undefined): ObjectKey[] {
  return cluster.nodes
    .filter(({ specification }) => zone === undefined || specification.labels[LABEL_ZONE] === zone)
    .map(({ nodeKey }) => nodeKey);
}
