/** Throughput of scheduler_perf's workloads: measured on one core, and as published gates on machines of the project's own tests. */
import { csvRows, numberIn } from '../../manifests/index.ts';
import { carryFiles, onlyIfKnown, throughputOf } from '../scheduler-workload.ts';
import { type ReferencePoint, textOf, validationCase } from '../validation-case.ts';
import { publishedPoints } from './published-points.ts';

/** Measured workloads that are among those that are shipped, with the configuration that holds them. */
const MEASURED: Readonly<Record<string, string>> = {
  'SchedulingBasic/500Nodes': 'misc',
  'SchedulingNodeAffinity/500Nodes': 'affinity',
  'SchedulingPodAffinity/500Nodes': 'affinity',
  'SchedulingPreferredPodAffinity/500Nodes': 'affinity',
};
/** Runs of the table in which nothing else had the core. */
const CLEAN = 'allcore0_clean';

export const schedulerPerfMeasured = validationCase({
  component: 'kube-scheduler',
  measured:
    'scheduler_perf of Kubernetes 1.25 with etcd 3.4: scheduler, API server, etcd and the creator of the pods share one core',
  driven: 'the same workloads as imported, all on one core',
  data: 'measured/kubernetes/scheduler_perf.csv',
  points: (text, readData) =>
    csvRows(text).flatMap((row): ReferencePoint[] => {
      const configuration = MEASURED[row.workload as string];
      if (row.tag !== CLEAN || configuration === undefined) return [];
      const workload = row.workload as string;
      return [
        {
          name: workload,
          conditions: { workload, files: carryFiles(`${configuration}/performance-config.yaml`, readData) },
          references: [{ metric: 'throughput', unit: '1/s', value: numberIn(row, 'mid80_pods_per_s') }],
        },
      ];
    }),
  predict: (conditions, overrides) =>
    onlyIfKnown(
      'throughput',
      throughputOf(textOf(conditions, 'files'), textOf(conditions, 'workload'), {
        profiles: ['measured-2core', 'etcd-3.4'],
        params: {},
        parameters: { 'host.stackedLoad': true, ...overrides },
      }),
    ),
});

/** Cores of the machines on which the project tests itself, which are not known; all that scheduler_perf starts shares them. */
const TEST_CORES = 6;
/** Pods that are measured: throughput hardly depends on their number, and fewer are faster. */
const MEASURED_PODS = 2000;

export const schedulerPerfPublished = validationCase({
  component: 'kube-scheduler',
  measured:
    "gates of scheduler_perf's workloads at 5,000 nodes (pods a second that the project's own tests demand) as a share of the gate of a simpler workload of the same version: SchedulingBasic or SchedulingNodeAffinity; and SchedulingBasic on a developer's machine",
  driven: `the workloads as imported, with ${MEASURED_PODS} measured pods each, everything on ${TEST_CORES} cores, or on 16 on the developer's machine, which are assumptions; gates lie below what is reached, each by another margin`,
  data: 'published/scheduler.yaml',
  points: (text, readData) =>
    publishedPoints(text, 'SC-', ({ workload, beside }) => [workload, beside].filter(isText).join(' beside ')).map(
      ({ conditions, ...point }) => {
        const { area, besideArea, ...rest } = conditions;
        const configuration = (name: string | number | undefined): string => `${String(name)}/performance-config.yaml`;
        const files = { files: carryFiles(configuration(area), readData) };
        const others = isText(besideArea) ? { besideFiles: carryFiles(configuration(besideArea), readData) } : {};
        return { ...point, conditions: { ...rest, ...files, ...others } };
      },
    ),
  predict: (conditions, overrides) => {
    const throughput = (files: string, workload: string): number | undefined =>
      throughputOf(files, workload, {
        profiles: ['kubernetes-1.36', 'etcd-3.6', 'disk-nvme', 'host-8-core'],
        params: { measurePods: MEASURED_PODS },
        parameters: {
          'host.controlPlaneCores': Number(conditions.cores ?? TEST_CORES),
          'host.stackedLoad': true,
          ...overrides,
        },
      });
    const own = throughput(textOf(conditions, 'files'), textOf(conditions, 'workload'));
    if (own === undefined || !isText(conditions.beside)) return onlyIfKnown('throughput', own);
    const other = throughput(textOf(conditions, 'besideFiles'), conditions.beside);
    return onlyIfKnown('relative throughput', other === undefined ? undefined : own / other);
  },
});

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
