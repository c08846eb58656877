/**
 * Taints that controllers put on nodes and take off, each change by GET and PATCH.
 * K:pkg/controller/controller_utils.go (AddOrUpdateTaintOnNode, RemoveTaintOffNode), K:pkg/controller/util/node (SwapNodeControllerTaint).
 */
import {
  ConditionStatus,
  kinds,
  NO_VERSION,
  NodePressure,
  type ObjectKey,
  type ObjectTables,
  TAINT_DISK_PRESSURE,
  TAINT_MEMORY_PRESSURE,
  TAINT_NOT_READY,
  TAINT_PID_PRESSURE,
  TAINT_UNREACHABLE,
  TAINT_UNSCHEDULABLE,
  type Taint,
  type VersionHandle,
} from '../../cluster/index.ts';
import { isSuccess, RequestFlag, type Requests, StatusCode, type TaintChange, writes } from '../api-machinery/index.ts';
import type { ApiClient, SharedInformer } from '../client-go/index.ts';
import type { KubeControllerManagerValues } from './controller.ts';

/** Evicts pods from a node that reports that it is not ready. */
export const NOT_READY_NO_EXECUTE: Taint = { key: TAINT_NOT_READY, value: '', effect: 'NoExecute' };
/** Evicts pods from a node that reports nothing. */
export const UNREACHABLE_NO_EXECUTE: Taint = { key: TAINT_UNREACHABLE, value: '', effect: 'NoExecute' };
/** What keeps new pods off, by condition. */
const NOT_READY_NO_SCHEDULE: Taint = { key: TAINT_NOT_READY, value: '', effect: 'NoSchedule' };
const UNREACHABLE_NO_SCHEDULE: Taint = { key: TAINT_UNREACHABLE, value: '', effect: 'NoSchedule' };
const UNSCHEDULABLE_NO_SCHEDULE: Taint = { key: TAINT_UNSCHEDULABLE, value: '', effect: 'NoSchedule' };
/** The same, by kind of pressure. */
const pressures: readonly { readonly bit: number; readonly taint: Taint }[] = [
  { bit: NodePressure.Memory, taint: { key: TAINT_MEMORY_PRESSURE, value: '', effect: 'NoSchedule' } },
  { bit: NodePressure.Disk, taint: { key: TAINT_DISK_PRESSURE, value: '', effect: 'NoSchedule' } },
  { bit: NodePressure.Pid, taint: { key: TAINT_PID_PRESSURE, value: '', effect: 'NoSchedule' } },
];
/** Taints that mirror conditions. */
const mirrors: readonly Taint[] = [
  NOT_READY_NO_SCHEDULE,
  UNREACHABLE_NO_SCHEDULE,
  UNSCHEDULABLE_NO_SCHEDULE,
  ...pressures.map(({ taint }) => taint),
];

/** Whether two taints are the same one: key and effect. */
export function sameTaint(left: Taint, right: Taint): boolean {
  return left.key === right.key && left.effect === right.effect;
}

/** Whether a taint is among others. */
export function hasTaint(taints: readonly Taint[], taint: Taint): boolean {
  return taints.some((other) => sameTaint(other, taint));
}

/** What has to change so that NoSchedule taints mirror a node's conditions (doNoScheduleTaintingPass); undefined = nothing. */
export function mirrorChange(tables: ObjectTables, node: VersionHandle): TaintChange | undefined {
  const { nodes } = tables;
  const present = nodes.taints.get(node);
  const ready = nodes.ready.get(node);
  const pressure = nodes.pressure.get(node);
  const isWell = ready === ConditionStatus.True && nodes.unschedulable.get(node) === 0 && pressure === 0;
  if (present.length === 0 && isWell) return undefined;
  const wanted: Taint[] = [];
  if (ready === ConditionStatus.False) wanted.push(NOT_READY_NO_SCHEDULE);
  if (ready === ConditionStatus.Unknown) wanted.push(UNREACHABLE_NO_SCHEDULE);
  if (nodes.unschedulable.get(node) === 1) wanted.push(UNSCHEDULABLE_NO_SCHEDULE);
  for (const { bit, taint } of pressures) if ((pressure & bit) !== 0) wanted.push(taint);
  const add = wanted.filter((taint) => !hasTaint(present, taint));
  const remove = mirrors.filter((taint) => hasTaint(present, taint) && !hasTaint(wanted, taint));
  return add.length + remove.length === 0 ? undefined : { add, remove };
}

/** Changes taints on behalf of one client. */
export class NodeTaints {
  private readonly tables: ObjectTables;
  private readonly requests: Requests;
  private readonly parameters: KubeControllerManagerValues;
  private readonly client: ApiClient;
  private readonly nodes: SharedInformer;

  constructor(
    around: { readonly tables: ObjectTables; readonly requests: Requests },
    parameters: KubeControllerManagerValues,
    client: ApiClient,
    nodes: SharedInformer,
  ) {
    this.tables = around.tables;
    this.requests = around.requests;
    this.parameters = parameters;
    this.client = client;
    this.nodes = nodes;
  }

  /** Puts taints on and takes others off, if the node is known to have them. Returns whether that stands now. */
  *swap(node: ObjectKey, { add, remove }: TaintChange): Generator<number, boolean, number> {
    if (add.length > 0 && !(yield* this.change(node, { add, remove: [] }))) return false;
    const known = this.nodes.get(node);
    const present = known === NO_VERSION ? [] : this.tables.nodes.taints.get(known);
    const gone = remove.filter((taint) => hasTaint(present, taint));
    return gone.length === 0 || (yield* this.change(node, { add: [], remove: gone }));
  }

  /** One change, tried again after a conflict. The first read may come from the API server's cache. */
  private *change(node: ObjectKey, change: TaintChange): Generator<number, boolean, number> {
    const { taintUpdateAttempts, taintUpdateBackoff } = this.parameters;
    for (let attempt = 0; attempt < taintUpdateAttempts; attempt++) {
      if (attempt > 0) yield taintUpdateBackoff;
      const code = yield* this.try(node, change, attempt === 0);
      if (code !== StatusCode.Conflict) return isSuccess(code);
    }
    return false;
  }

  private *try(node: ObjectKey, change: TaintChange, fromCache: boolean): Generator<number, number, number> {
    const { requests } = this;
    const read = this.client.read(kinds.nodes, node);
    if (fromCache) requests.flags[read] = RequestFlag.FromCache;
    const found = yield* this.client.call(read);
    if (requests.code[found] !== StatusCode.Ok) return requests.code[found] as number;
    const version = requests.resultOf(found);
    const present = this.tables.nodes.taints.get(version);
    const stands =
      change.add.every((taint) => hasTaint(present, taint)) && !change.remove.some((taint) => hasTaint(present, taint));
    if (stands) return StatusCode.Ok;
    const patch = this.client.write(writes.nodeTaints, node);
    requests.expectedRevision[patch] = this.tables.nodes.revision.get(version);
    requests.object[patch] = change;
    const reply = yield* this.client.call(patch);
    return requests.code[reply] as number;
  }
}
