/** A small run made by hand, for tests of what is done with results. */
import type { ReplicationResult, ScenarioRun } from '../../src/experiment/index.ts';
import { MetricRecorder } from '../../src/metrics/index.ts';
import type { Objective, ResolvedScenario } from '../../src/scenario/resolved-scenario.ts';
import { nanoseconds, type SimTime, seconds, simTime } from '../../src/units/index.ts';

/** A resolved scenario with nothing to do. */
export function exampleScenario(changes: Partial<ResolvedScenario> = {}): ResolvedScenario {
  return {
    name: 'example',
    question: 'Does it hold?',
    file: 'example.yaml',
    model: 'controlPlane',
    queues: [],
    profiles: ['kubernetes-1.36'],
    replications: 1,
    until: seconds(60),
    warmUp: nanoseconds(0),
    params: {},
    parameters: {},
    overrides: [],
    addons: [],
    customResources: [],
    images: {},
    webhooks: [],
    flowControl: { levels: [], schemas: [] },
    schedulers: [],
    operations: [],
    templates: [],
    objectives: [],
    experiment: { vary: {}, variants: {}, exponents: [] },
    acceptedWithoutEffect: [],
    ...changes,
  };
}

/** What a replication of the example records. */
export interface ExampleRecording {
  readonly replication?: number;
  /** Durations of pod starts [s]. */
  readonly starts?: readonly number[];
  /** Durations of POSTs of pods [s]. */
  readonly posts?: readonly number[];
  readonly changes?: Partial<ReplicationResult>;
}

/** One replication of 10 virtual seconds. */
export function exampleReplication({
  replication = 1,
  starts = [],
  posts = [],
  changes = {},
}: ExampleRecording): ReplicationResult {
  const clock = { now: simTime(0) };
  const recorder = new MetricRecorder(clock);
  const pods = recorder.gauge('plimsoll_pods', { phase: 'running' });
  pods.set(0);
  recorder.sample();
  const labels = { verb: 'POST', resource: 'pods', subresource: '', scope: 'resource' };
  for (const post of posts) recorder.histogram('apiserver_request_duration_seconds', labels).record(post);
  for (const start of starts) recorder.histogram('pod_startup_latency_seconds', { phase: 'total' }).record(start);
  recorder
    .counter('apiserver_request_total', { verb: 'POST', resource: 'pods', subresource: '', code: '201' })
    .add(posts.length);
  clock.now = (clock.now + seconds(10)) as SimTime;
  pods.set(starts.length);
  recorder.sample();
  return {
    replication,
    seed: `1-${replication}`,
    endReason: 'operations done',
    endTime: seconds(10),
    statisticsFrom: nanoseconds(0),
    metrics: recorder.result(),
    barriers: [],
    flows: [],
    events: 1000,
    fingerprint: `f${replication}`,
    timeline: [],
    recoveries: [],
    notes: [],
    ...changes,
  };
}

/** A run of these replications against these objectives. */
export function exampleRun(
  recordings: readonly ExampleRecording[],
  objectives: readonly Objective[] = [],
): ScenarioRun {
  const scenario = exampleScenario({ objectives, replications: recordings.length });
  const replications = recordings.map((recording, i) => exampleReplication({ replication: i + 1, ...recording }));
  return { scenario, variant: '', seed: '1', planned: replications.length, replications };
}
