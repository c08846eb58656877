/**
 * Workloads of scheduler_perf (K:test/integration/scheduler_perf): scheduler, API server and etcd in one process, without controllers and
 * kubelets. Their gate is the mean of pods bound in windows of a second, which is an objective of the scenario.
 */
import { isMap } from '../../manifests/index.ts';
import type { Imported, ImportFormat, ImportRequest } from '../import-format.ts';
import { Remarks } from '../remarks.ts';
import { scenarioText } from '../scenario-text.ts';
import type { ConfigReader } from './config-reader.ts';
import { type OperationImport, pathBeside } from './operation-import.ts';
import { operationsOf } from './operations.ts';
import { type ChosenWorkload, chooseWorkload } from './read-config.ts';

/** Virtual time after which a workload has failed. */
const UNTIL = '30m';
/** What the workloads run on: a machine of a few cores that has nothing else to do. */
const PROFILE = ['kubernetes-1.36', 'etcd-3.6', 'disk-nvme', 'host-8-core'];
/** Metric of the gate. */
const THROUGHPUT = 'plimsoll_scheduling_window_pods_per_second';

/** Feature gates that are parameters of ours. */
const GATES: Readonly<Record<string, string>> = {
  NominatedNodeNameForExpectation: 'kubeScheduler.nominatesBeforeBinding',
  OpportunisticBatching: 'kubeScheduler.opportunisticBatching',
  SchedulerAsyncAPICalls: 'kubeScheduler.asyncApiCalls',
  SchedulerPopFromBackoffQ: 'kubeScheduler.popFromBackoff',
  SchedulerQueueingHints: 'kubeScheduler.queueingHints',
};

/** Gates that the model has one way only, and which: what asks for that needs no remark. */
const FIXED_GATES: Readonly<Record<string, boolean>> = {
  DRAExtendedResource: false,
  DynamicResourceAllocation: true,
  NodeDeclaredFeatures: false,
  SchedulerAsyncPreemption: true,
};

export const schedulerPerf: ImportFormat = {
  help: "workloads of Kubernetes' scheduler_perf, as they are; --workload chooses one",
  input: 'a performance-config.yaml',
  read: importWorkload,
};

function importWorkload(request: ImportRequest): Imported {
  const remarks = new Remarks();
  const chosen = chooseWorkload(request);
  const { name, testCase, workload } = chosen;
  const params = workload.values('params');
  const context: OperationImport = {
    request,
    remarks,
    params,
    defaultPodTemplate: testCase.text('defaultPodTemplatePath'),
    created: [],
    churns: [],
    isCollecting: false,
  };
  const operations = operationsOf(testCase.maps('workloadTemplate'), context);
  const spec = {
    profile: PROFILE,
    until: UNTIL,
    ...(Object.keys(params).length === 0 ? {} : { params }),
    parameters: {
      'kubeControllerManager.enabled': false,
      'kubeScheduler.clientQps': 5000,
      'kubeScheduler.clientBurst': 5000,
      ...gatesOf(chosen, remarks),
    },
    schedulers: schedulersOf(testCase, context),
    operations,
    objectives: objectivesOf(chosen, remarks),
  };
  testCase.ignore('name', 'workloads', 'labels', 'metricsCollectorConfig');
  workload.ignore('name', 'labels');
  testCase.finish('test case', remarks);
  workload.finish('workload', remarks);
  const question = `How many pods a second does the scheduler bind in scheduler_perf's ${name}?`;
  const notes = remarks.list();
  return { scenario: scenarioText({ name: scenarioName(name), question, remarks: notes, spec }), notes };
}

/** A name as scenarios may have it. */
function scenarioName(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

/** Feature gates of the test case, and over them those of the workload. */
function gatesOf({ testCase, workload }: ChosenWorkload, remarks: Remarks): Record<string, unknown> {
  const gates = { ...testCase.values('featureGates'), ...workload.values('featureGates') };
  const parameters: Record<string, unknown> = {};
  for (const [gate, value] of Object.entries(gates)) {
    const parameter = GATES[gate];
    if (parameter !== undefined) parameters[parameter] = value;
    else if (FIXED_GATES[gate] !== value) remarks.without(`feature gate ${gate}: ${String(value)}`);
  }
  return parameters;
}

function schedulersOf(testCase: ConfigReader, context: OperationImport): readonly object[] {
  const path = testCase.text('schedulerConfigPath');
  if (path === undefined) return [];
  const configuration = context.request.pathFromScenario(pathBeside(context, path));
  return [{ name: 'default-scheduler', configuration }];
}

/** Names of statistics in scheduler_perf's data. */
const STATISTICS: Readonly<Record<string, string>> = {
  Average: 'mean',
  Perc50: 'p50',
  Perc90: 'p90',
  Perc95: 'p95',
  Perc99: 'p99',
};

/** The gate: a number for all topics, or one for each, of which the largest asks the most. */
function objectivesOf({ testCase, workload }: ChosenWorkload, remarks: Remarks): readonly object[] {
  const threshold = workload.raw('threshold');
  const selector = workload.map('thresholdMetricSelector') ?? testCase.map('defaultThresholdMetricSelector');
  testCase.ignore('defaultThresholdMetricSelector');
  const bounds = isMap(threshold) ? Object.values(threshold) : [threshold];
  const numbers = bounds.filter((bound) => typeof bound === 'number');
  if (numbers.length === 0) return [];
  const metric = selector?.text('name') ?? 'SchedulingThroughput';
  const bucket = selector?.text('dataBucket') ?? 'Average';
  const isBelow = selector?.flag('expectLower') ?? false;
  selector?.ignore('labels');
  const statistic = STATISTICS[bucket];
  if (metric !== 'SchedulingThroughput' || statistic === undefined) {
    remarks.without(`threshold on ${bucket} of ${metric}`);
    return [];
  }
  if (numbers.length > 1) remarks.say('threshold by topic: the strictest one is the objective');
  const strictest = isBelow ? Math.min(...numbers) : Math.max(...numbers);
  return [{ metric: THROUGHPUT, statistic, [isBelow ? 'below' : 'above']: strictest }];
}
