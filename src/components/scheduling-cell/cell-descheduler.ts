/**
 * A descheduler in a scheduling cell: passes that take room from running tasks, which wait again and are placed anew by their scheduler. A pass takes no
 * time, and nobody refuses an eviction; what a task has done is lost, as with preemption. `../descheduler` has the rules. A queue stands for a namespace.
 */
import type { NodeSpecification } from '../../cluster/index.ts';
import type { EventType } from '../../engine/index.ts';
import type { CounterSeries, MetricRecorder } from '../../metrics/index.ts';
import { nanoseconds } from '../../units/index.ts';
import {
  type DeschedulerPluginName,
  type DeschedulerPolicy,
  type DeschedulingView,
  deschedulingPass,
  type ViewNode,
  type ViewPod,
} from '../descheduler/index.ts';
import type { Cell } from './cell.ts';
import { type Task, TaskState } from './job.ts';

/** A node with its slot. */
interface CellNode extends ViewNode {
  readonly slot: number;
}

/** The descheduler of a cell. */
export class CellDescheduler {
  private readonly cell: Cell;
  private readonly policy: DeschedulerPolicy;
  private readonly evicted = new Map<DeschedulerPluginName, CounterSeries>();
  private readonly evPass: EventType;

  constructor(cell: Cell, recorder: MetricRecorder, policy: DeschedulerPolicy) {
    this.cell = cell;
    this.policy = policy;
    for (const { name } of policy.plugins)
      this.evicted.set(name, recorder.counter('descheduler_pods_evicted_total', { result: 'success', strategy: name }));
    this.evPass = cell.simulation.on('cell descheduler: pass', () => this.onPass());
  }

  /** Plans its first pass, for the beginning. */
  start(): void {
    this.cell.simulation.after(nanoseconds(0), this.evPass);
  }

  private onPass(): void {
    const { cell, policy } = this;
    const pass = deschedulingPass(policy, () => this.look());
    for (let step = pass.next(); step.done !== true; step = pass.next(true)) {
      const { pod, plugin } = step.value;
      cell.returnTask(cell.tasks[pod.id] as Task, 'descheduled');
      this.evicted.get(plugin)?.add();
    }
    cell.simulation.after(policy.settings.deschedulingInterval, this.evPass);
  }

  /** How things are now. Tasks that only hold room are no pods that run yet: they count, and stay. */
  private look(): DeschedulingView {
    const { cell } = this;
    const pods = new Map<number, ViewPod[]>();
    for (const task of cell.tasks) {
      if (task === undefined) continue;
      const onNode = pods.get(task.node);
      if (onNode === undefined) pods.set(task.node, [podOf(task)]);
      else onNode.push(podOf(task));
    }
    const slots = cell.nodes.order.slots().subarray(0, cell.nodes.order.count);
    const nodes = Array.from(slots, (slot): CellNode => {
      const specification: NodeSpecification = cell.register.specificationOf(slot);
      return {
        slot,
        name: cell.nodes.nameOf(slot),
        specification,
        taints: specification.taints,
        isUnschedulable: specification.unschedulable,
        pods: pods.get(slot) ?? [],
      };
    });
    return { nodes, hasRoom: (node, requirements) => cell.fits((node as CellNode).slot, requirements) };
  }
}

function podOf({ id, job, state }: Task): ViewPod {
  const { requirements, specification } = job;
  return {
    id,
    requirements,
    priority: specification.priority,
    owner: `job ${job.id}`,
    namespace: specification.queue,
    isTerminating: state !== TaskState.Running,
  };
}
