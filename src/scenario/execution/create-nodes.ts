/** Machines join, before the run or during it. */
import { ConditionStatus, LABEL_HOSTNAME, LABEL_ZONE, type NodeSpecification } from '../../cluster/index.ts';
import { type RequestId, writes } from '../../components/api-machinery/index.ts';
import type { ApiClient } from '../../components/client-go/index.ts';
import type { CreateNodes } from '../operations/index.ts';
import { sendAll } from './create-objects.ts';
import type { Execution } from './execution.ts';
import { paced } from './pacing.ts';

/** A node to be added. */
export interface NewNode {
  readonly name: string;
  readonly specification: NodeSpecification;
  /** Place in a fixed order of all nodes, where a table gives one. */
  readonly rank?: number | undefined;
}

/** Name and specification of the nodes of an operation: those of its table, then as many as it counts, zones in turn. */
export function* nodesOf(operation: CreateNodes, first: number): Generator<NewNode> {
  yield* operation.table;
  for (let i = 0; i < operation.count; i++) {
    const zone = operation.zones[i % Math.max(1, operation.zones.length)];
    const labels =
      zone === undefined ? operation.specification.labels : { ...operation.specification.labels, [LABEL_ZONE]: zone };
    yield {
      name: operation.name ?? `${operation.namePrefix}-${first + i}`,
      specification: { ...operation.specification, labels },
    };
  }
}

/** Numbers of nodes with a prefix that exist, so that a second operation goes on counting. */
function nodesBefore(execution: Execution, prefix: string): number {
  const { keysOf } = execution.cluster.tables;
  const keys = keysOf.call(execution.cluster.tables, 'nodes');
  let count = 0;
  while (keys.find('', `${prefix}-${count}`) >= 0) count++;
  return count;
}

/** Before the run: nodes that are there. */
export function preloadNodes(execution: Execution, operation: CreateNodes): void {
  const first = nodesBefore(execution, operation.namePrefix);
  const size = execution.cluster.controlPlaneSize;
  if (operation.staticPods.length > 0 && operation.count > size) {
    execution.notes.push(
      `${operation.count} nodes of the control plane for ${size} API servers: the static pods of the others are pods like any other`,
    );
  }
  for (const { name, specification } of nodesOf(operation, first)) {
    execution.cluster.preload.node(name, specification, operation.agents);
    for (const { component, template } of operation.staticPods) {
      execution.cluster.preload.staticPod(component, execution.template(template));
    }
  }
}

/** During the run: machines boot at the pace of the operation and join by themselves; nodes without agents are created by requests. */
export function* createNodes(execution: Execution, operation: CreateNodes): Generator<number, void, number> {
  const nodes = [...nodesOf(operation, nodesBefore(execution, operation.namePrefix))];
  if (!operation.agents) {
    yield* sendAll(execution, operation, nodes.length, (client, index) => {
      const { name, specification } = nodes[index] as (typeof nodes)[number];
      return nodeRequest(execution, client, name, specification);
    });
    return;
  }
  yield* paced(
    execution,
    operation.arrivals,
    nodes.length,
    (index) => {
      const { name, specification } = nodes[index] as (typeof nodes)[number];
      execution.cluster.addNode(name, specification);
    },
    function* settle() {},
  );
}

/** POST of a node that is Ready and on which nothing runs. */
export function nodeRequest(
  execution: Execution,
  client: ApiClient,
  name: string,
  specification: NodeSpecification,
): RequestId {
  const { requests, tables } = execution.cluster;
  const request = client.write(writes.nodeCreate, tables.keysOf('nodes').intern('', name));
  requests.object[request] = { ...specification, labels: { ...specification.labels, [LABEL_HOSTNAME]: name } };
  requests.setNumber(request, 0, ConditionStatus.True);
  return request;
}
