/** Barriers: the run waits until pods or Deployments are in a state, and fails if that takes longer than `within`. */
import { kinds } from '../../cluster/index.ts';
import { milliseconds, plus } from '../../units/index.ts';
import type { Barrier, BarrierCondition, Operation } from '../operations/index.ts';
import { selectObjects } from './change-objects.ts';
import { ChosenPods, type CountedPods } from './chosen-pods.ts';
import type { Count, Execution, WaitingBarrier } from './execution.ts';

/** How often a barrier looks. An observer without cost: ClusterLoader2 polls every 5 s, which would blur short waits. */
const POLL = milliseconds(100);

/** Waits for a barrier; false if it was not met in time. */
export function* awaitBarrier(execution: Execution, barrier: Barrier): Generator<number, boolean, number> {
  const { simulation } = execution.cluster;
  const began = simulation.now;
  const deadline = barrier.within === undefined ? undefined : plus(began, barrier.within);
  const chosen = barrier.of === undefined ? undefined : new ChosenPods(execution, barrier.of);
  for (;;) {
    const counts = barrier.conditions.map((condition) => countFor(execution, barrier, chosen, condition));
    const met = counts.every(({ have, want, what }) => (what === GONE ? have <= want : have >= want));
    const isLate = deadline !== undefined && simulation.now >= deadline;
    if (met || isLate) {
      record(execution, { barrier, began, counts }, met);
      return met;
    }
    execution.waitingFor = { barrier, began, counts };
    yield POLL;
  }
}

/** The run has ended: the barrier that it waited for is unmet, and so are those that it never came to. */
export function recordUnmet(execution: Execution, operations: readonly Operation[]): void {
  const waiting = execution.waitingFor;
  if (waiting !== undefined) record(execution, waiting, false);
  const barriers = operations.filter((operation) => operation.kind === 'barrier');
  const { now } = execution.cluster.simulation;
  for (const { description } of barriers.slice(execution.barriers.length)) {
    execution.barriers.push({
      description,
      met: false,
      began: now,
      at: now,
      state: 'the run never came to it',
    });
  }
}

function record(execution: Execution, { barrier, began, counts }: WaitingBarrier, met: boolean): void {
  execution.waitingFor = undefined;
  const state = counts.map(({ have, want, what }) =>
    what === GONE ? `${format(have)} ${what}` : `${format(have)} of ${format(want)} ${what}`,
  );
  execution.barriers.push({
    description: barrier.description,
    met,
    began,
    at: execution.cluster.simulation.now,
    state: state.join(', '),
  });
}

function format(count: number): string {
  return count.toLocaleString('en-US');
}

/** What is left when pods are asked to be gone. */
const GONE = 'pods left';

function countFor(
  execution: Execution,
  { of }: Barrier,
  chosen: ChosenPods | undefined,
  { what, target }: BarrierCondition,
): Count {
  const { census } = execution.cluster;
  const deployments = of === undefined ? undefined : selectObjects(execution, kinds.deployments, of);
  if (deployments?.length === 0 && what !== 'deploymentsComplete') {
    const pods = (chosen as ChosenPods).count();
    if (pods.existing > 0 || what === 'podsGone') return countOf(what, target, pods, pods.existing);
  }
  // Of what is not there nothing can be Ready.
  if (deployments?.length === 0) return { have: 0, want: 1, what: 'Deployments or pods by that name' };
  if (what === 'deploymentsComplete') {
    const all = deployments ?? selectObjects(execution, kinds.deployments, { name: 'all' });
    const complete = all.filter((key) => !census.incompleteDeployments.has(key)).length;
    return { have: complete, want: target === 'all' ? all.length : target, what: 'Deployments complete' };
  }
  let wanted = census.wanted;
  let { existing, scheduled, ready } = census.all;
  if (deployments !== undefined) {
    wanted = existing = scheduled = ready = 0;
    for (const key of deployments) {
      const pods = census.podsOf(key);
      wanted += census.wantedBy(key);
      existing += pods.existing;
      scheduled += pods.scheduled;
      ready += pods.ready;
    }
  }
  return countOf(what, target, { existing, scheduled, ready }, wanted);
}

function countOf(
  what: BarrierCondition['what'],
  target: BarrierCondition['target'],
  { existing, scheduled, ready }: CountedPods,
  wanted: number,
): Count {
  const want = target === 'all' ? wanted : target;
  if (what === 'podsGone') return { have: existing, want: 0, what: GONE };
  return what === 'podsReady'
    ? { have: ready, want, what: 'pods Ready' }
    : { have: scheduled, want, what: 'pods scheduled' };
}
