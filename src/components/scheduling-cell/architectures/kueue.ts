/**
 * Kueue: jobs wait in queues until their quota admits them as a whole; then their pods are scheduled one by one by somebody else.
 * https://github.com/kubernetes-sigs/kueue, pkg/scheduler and pkg/scheduler/preemption; KEP 1714 (fair sharing).
 *
 * A queue has a nominal quota (`guaranteed`) and belongs to a cohort (its parent), whose queues lend each other what they do not use, up to a queue's `max`.
 * A cycle looks at the first job of every queue: by priority and arrival, those that need not borrow first, or, with fair sharing, the queue with the least
 * share first: the greatest fraction that it borrows of what its cohort can lend, for its weight. A job that fits the quota is admitted. One that does
 * not may preempt: jobs of less priority in its own queue, and jobs of queues of the cohort that borrow, as preemption.ts says. Preempted jobs
 * wait again in their queue, with the time at which they came.
 * Admitted jobs are placed in the order of admission, as far as they fit; what does not fit waits for room with its quota taken. Quota is given back task by
 * task. With `queueing` strictFifo a first job that is not admitted keeps all behind it waiting; else it steps aside until something changes.
 * Left out: flavours of resources, partial admission, lending limits, waitForPodsReady, admission checks, cohorts above cohorts; replicas do nothing.
 */
import {
  choice,
  defineParameters,
  type EventType,
  flag,
  type Simulation,
  sourceCode,
  type ValuesOf,
} from '../../../engine/index.ts';
import type { Nanoseconds } from '../../../units/index.ts';
import { amountsOf, cellResources } from '../cell-totals.ts';
import type { Job, Task } from '../job.ts';
import { QueueTree, type TenantQueue } from '../queue-tree.ts';
import { podByPodDecisions } from './common-settings.ts';
import { comesBefore, JobHeap } from './job-heap.ts';
import { PodPlacement } from './pod-placement.ts';
import { borrowingShare, demandOf, fitsQuota, needsToBorrow, type QuotaDemand } from './quota.ts';
import { type PreemptionRules, victimsFor } from './quota-preemption.ts';
import type { ArchitectureContext, ArchitectureDefinition, SchedulingArchitecture } from './scheduling-architecture.ts';

const UPSTREAM = 'kubernetes-sigs/kueue: pkg/scheduler';

/** What this architecture can be set to beside what all can. */
const kueueSettings = defineParameters({
  ...podByPodDecisions,
  queueing: choice({
    help: 'Whether a first job that is not admitted keeps those behind it waiting (strictFifo), or steps aside (bestEffortFifo).',
    default: 'bestEffortFifo',
    choices: ['bestEffortFifo', 'strictFifo'],
    source: sourceCode('kubernetes-sigs/kueue: apis/kueue/v1beta1/clusterqueue_types.go (queueingStrategy)'),
  }),
  fairSharing: flag({
    help: 'Whether queues of a cohort are served and preempted by their shares.',
    default: false,
    source: sourceCode(`${UPSTREAM}/fair_sharing_iterator.go`),
  }),
  reclaimWithinCohort: choice({
    help: 'Which jobs of borrowing queues a job may preempt that fits the nominal quota of its own: none, those of less priority, or any.',
    default: 'never',
    choices: ['never', 'lowerPriority', 'any'],
    source: sourceCode('kubernetes-sigs/kueue: apis/kueue/v1beta1/clusterqueue_types.go (reclaimWithinCohort)'),
  }),
  withinClusterQueue: choice({
    help: 'Whether a job may preempt jobs of less priority of its own queue.',
    default: 'never',
    choices: ['never', 'lowerPriority'],
    source: sourceCode('kubernetes-sigs/kueue: apis/kueue/v1beta1/clusterqueue_types.go (withinClusterQueue)'),
  }),
});

/** Jobs of a queue that ask for the same: if one is not admitted, none is, until quota is free again. */
interface WaitingJobs {
  readonly jobs: JobHeap;
  stepAside: boolean;
}

/** The first job of a queue in a cycle. */
interface Head {
  readonly job: Job;
  readonly queue: TenantQueue;
  readonly demand: QuotaDemand;
  readonly borrows: boolean;
  readonly share: number;
}

class Kueue implements SchedulingArchitecture {
  private readonly context: ArchitectureContext;
  private readonly settings: ValuesOf<typeof kueueSettings>;
  private readonly queues: QueueTree;
  private readonly placement: PodPlacement;
  /** Jobs that wait for admission, by queue, then by what they ask for, state. */
  private readonly waiting = new Map<TenantQueue, Map<string, WaitingJobs>>();
  /** Jobs with tasks that wait, state. */
  private readonly inHand = new Set<Job>();
  /** Admitted jobs, in the order of admission, state. */
  private readonly admitted = new Set<Job>();
  /** The heads of the cycle that runs, and its time [ns], state. */
  private heads: readonly Head[] = [];
  private span = 0;
  private readonly evCycle: EventType;

  constructor(context: ArchitectureContext) {
    this.context = context;
    this.settings = context.settings as unknown as ValuesOf<typeof kueueSettings>;
    this.queues = new QueueTree(context.queues);
    this.placement = new PodPlacement(context, (job) => this.inHand.delete(job));
    context.cell.listen({
      taskHeld: ({ job }) => this.foundRunning(job),
      tasksGivenUp: (job, tasks) => {
        if (this.admitted.has(job)) this.release(job, tasks);
      },
    });
    context.simulation.addInvariantCheck('kueue', () => this.checkInvariants());
    this.evCycle = context.simulation.on(`cell scheduler ${context.name}: admission cycle ends`, () =>
      this.onCycleEnds(),
    );
  }

  get pending(): number {
    return this.inHand.size;
  }

  submit(job: Job): void {
    this.inHand.add(job);
    this.queued(job);
    this.cycle();
  }

  taskEnded(task: Task): void {
    this.placement.roomFreed(task.node);
    if (task.job.specification.scheduler !== this.context.name) return;
    this.release(task.job, 1);
    if (task.job.isOver) this.admitted.delete(task.job);
  }

  taskReturned({ job, node }: Task): void {
    this.inHand.add(job);
    // Preempted jobs are queued anew by whoever preempts them; others keep their quota and look for another node.
    if (this.admitted.has(job)) this.placement.add(job);
    this.placement.roomFreed(node);
  }

  nodeChanged(node: number): void {
    this.placement.roomFreed(node);
  }

  roomFreed(node: number): void {
    this.placement.roomFreed(node);
  }

  /** A job whose task has room without having been admitted was there before the run: it has its quota. */
  private foundRunning(job: Job): void {
    if (job.specification.scheduler !== this.context.name || this.admitted.has(job)) return;
    this.admitted.add(job);
    this.queueOf(job).count(amountsOf(job), job.specification.tasks);
  }

  private queueOf(job: Job): TenantQueue {
    return this.queues.of(job.specification.queue);
  }

  private queued(job: Job): void {
    const queue = this.queueOf(job);
    let byDemand = this.waiting.get(queue);
    if (byDemand === undefined) {
      byDemand = new Map();
      this.waiting.set(queue, byDemand);
    }
    const key = demandKey(job);
    let alike = byDemand.get(key);
    if (alike === undefined) {
      alike = { jobs: new JobHeap(), stepAside: false };
      byDemand.set(key, alike);
    }
    alike.jobs.add(job);
  }

  /** Quota is free again: jobs that stepped aside come back. */
  private release(job: Job, tasks: number): void {
    this.queueOf(job).count(amountsOf(job), -tasks);
    for (const byDemand of this.waiting.values()) for (const alike of byDemand.values()) alike.stepAside = false;
    this.cycle();
  }

  /** Takes the first job of a queue that has not stepped aside; of a strict queue, the first of all or none. */
  private takeHead(byDemand: ReadonlyMap<string, WaitingJobs>): Job | undefined {
    const isStrict = this.settings.queueing === 'strictFifo';
    let head: WaitingJobs | undefined;
    for (const alike of byDemand.values()) {
      const { first } = alike.jobs;
      if (first === undefined || (alike.stepAside && !isStrict)) continue;
      if (head === undefined || comesBefore(first, head.jobs.first as Job)) head = alike;
    }
    return head === undefined || head.stepAside ? undefined : head.jobs.take();
  }

  // ---- admission ---------------------------------------------------------------------------------------------------------------

  /** Looks at the first job of every queue, if any waits and no cycle runs. */
  private cycle(): void {
    if (this.heads.length > 0) return;
    const heads: Head[] = [];
    for (const [queue, byDemand] of this.waiting) {
      const job = this.takeHead(byDemand);
      if (job === undefined) continue;
      const demand = demandOf(job);
      heads.push({ job, queue, demand, borrows: needsToBorrow(queue, demand), share: borrowingShare(queue, demand) });
    }
    if (heads.length === 0) return;
    const { fairSharing } = this.settings;
    heads.sort(
      (a, b) =>
        (fairSharing ? a.share - b.share : Number(a.borrows) - Number(b.borrows)) ||
        (comesBefore(a.job, b.job) ? -1 : 1),
    );
    const { simulation, statistics } = this.context;
    this.heads = heads;
    this.span = 0;
    statistics.roundBegins();
    for (const { job } of heads) {
      statistics.attemptBegins(job);
      this.span += this.context.decisionTime(job, 1);
    }
    simulation.after(this.span as Nanoseconds, this.evCycle);
  }

  private onCycleEnds(): void {
    const { statistics } = this.context;
    const { heads } = this;
    statistics.roundEnds(this.span as Nanoseconds);
    for (const head of heads) {
      const isAdmitted = this.tryToAdmit(head);
      statistics.attemptEnds(isAdmitted ? 'scheduled' : 'unschedulable', 0, 0);
      if (!isAdmitted) this.stepAside(head);
    }
    this.heads = [];
    this.cycle();
  }

  private stepAside({ job, queue }: Head): void {
    this.queued(job);
    (this.waiting.get(queue)?.get(demandKey(job)) as WaitingJobs).stepAside = true;
  }

  private tryToAdmit({ job, queue, demand }: Head): boolean {
    if (!fitsQuota(queue, demand)) {
      const victims = victimsFor(job, demand, queue, this.admitted, this.rules);
      if (victims.length === 0) return false;
      for (const victim of victims) this.preempt(victim);
    }
    queue.count(demand.amounts, demand.tasks);
    this.admitted.add(job);
    this.placement.add(job);
    return true;
  }

  private get rules(): PreemptionRules {
    const { fairSharing, reclaimWithinCohort, withinClusterQueue } = this.settings;
    return {
      fairSharing,
      reclaims: reclaimWithinCohort as PreemptionRules['reclaims'],
      withinQueue: withinClusterQueue === 'lowerPriority',
      queueOf: (job) => this.queueOf(job),
    };
  }

  /** A queue has the quota of its admitted jobs, and a job that was not admitted has no room. */
  private checkInvariants(): void {
    const { name, cell } = this.context;
    const simulation: Simulation = cell.simulation;
    const anew = new QueueTree([]);
    for (const job of this.admitted)
      anew.of(job.specification.queue).count(amountsOf(job), job.waiting + job.held + job.running);
    for (const queue of this.queues.leaves) {
      const counted = anew.of(queue.name).used;
      const isSum = cellResources.every((resource) => queue.used[resource] === counted[resource]);
      simulation.invariant(
        isSum,
        'kueue',
        `queue ${queue.name} of ${name} does not have the quota of its admitted jobs`,
      );
    }
    for (const { specification, running } of [...cell.jobs.values()].filter((job) => !this.admitted.has(job)))
      simulation.invariant(
        specification.scheduler !== name || running === 0,
        'kueue',
        `${specification.name} runs without quota`,
      );
  }

  /** A job gives its quota back; its tasks lose their room, and it waits for admission again. */
  private preempt(job: Job): void {
    this.context.statistics.happened('job_preempted');
    this.admitted.delete(job);
    this.placement.remove(job);
    this.queueOf(job).count(amountsOf(job), -(job.waiting + job.held + job.running));
    for (const task of this.placement.tasksOf(job)) this.context.cell.returnTask(task, 'preempted');
    this.inHand.add(job);
    this.queued(job);
  }
}

/** By what a job asks for, and how urgently: jobs with the same key are admitted or not alike. */
function demandKey({ requirements, waiting, specification }: Job): string {
  return `${requirements.shape} ${waiting} ${specification.priority}`;
}

export const kueue: ArchitectureDefinition = {
  help: 'Jobs are admitted as a whole by the quota of their queue and what its cohort lends; borrowers can be preempted (Kueue).',
  settings: kueueSettings,
  usesPlacement: true,
  create: (context) => new Kueue(context),
};
