/** What is known of the workload of a scenario before it runs: the requests that are typical of it. */
import { type CountedRequest, type TypicalPod, typicalPodsOf } from '../../components/kube-scheduler/index.ts';
import { createDistribution } from '../../engine/index.ts';
import type { Operation, SubmitJobs } from '../operations/index.ts';

/** The typical requests of all jobs that come, undefined if that cannot be told. Jobs that are there at t = 0 are not counted. */
export function typicalPodsOfOperations(operations: readonly Operation[]): readonly TypicalPod[] | undefined {
  const requests = operations.flatMap((operation) => {
    if (operation.kind === 'compact') return operation.jobs.flatMap((jobs) => [...requestsOf(jobs)]);
    return operation.kind === 'submitJobs' && !operation.preload ? [...requestsOf(operation)] : [];
  });
  return requests.length === 0 ? undefined : typicalPodsOf(requests);
}

function* requestsOf({ rows, template, tasks, count }: SubmitJobs): Generator<CountedRequest> {
  if (rows === undefined) {
    const { requests, gpu } = template;
    yield { cpu: requests.cpu, gpu, count: (count ?? 1) * createDistribution(tasks).mean };
    return;
  }
  for (const row of rows) yield { cpu: row.template.requests.cpu, gpu: row.template.gpu, count: row.tasks };
}
