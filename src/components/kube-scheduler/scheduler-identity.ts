/** What a scheduler is called, and the clients by which it talks to the API servers. */
import type { ValuesOf } from '../../engine/index.ts';
import type { ApiClient, ClientGo } from '../client-go/index.ts';
import type { ProcessCpu } from '../host/process-cpu.ts';
import type { SchedulerConfiguration } from './configuration.ts';
import { Extenders } from './extenders/extenders.ts';
import type { kubeSchedulerParameters } from './kube-scheduler.parameters.ts';

/** Name of the scheduler that every cluster has; its loop and clients carry the name of the binary. */
const DEFAULT_SCHEDULER = 'default-scheduler';

/** Which scheduler it is. */
export interface SchedulerIdentity {
  /** Name among the schedulers of a run. */
  readonly name: string;
  /** Which of several that all work it is, from 0; left out = there is one at a time. */
  readonly instance?: number;
}

/** Name of the process; the second and further ones of those that all work carry their number. */
export function processName({ name, instance = 0 }: SchedulerIdentity): string {
  const own = name === DEFAULT_SCHEDULER ? 'kube-scheduler' : `kube-scheduler ${name}`;
  return instance === 0 ? own : `${own} #${instance}`;
}

/** What its random numbers are named after. */
export function streamName({ name, instance = 0 }: SchedulerIdentity): string {
  return instance === 0 ? name : `${name}.${instance}`;
}

/** The client for bindings and status, and one for events: each has a limiter of its own (K:cmd/kube-scheduler/app/options/options.go). */
export function newClients(
  clientGo: ClientGo,
  name: string,
  configuration: SchedulerConfiguration,
  parameters: ValuesOf<typeof kubeSchedulerParameters>,
  cpu: ProcessCpu,
): [ApiClient, ApiClient] {
  const limits = {
    cpu: { process: cpu, perRequest: parameters.requestCpu },
    user: 'system:kube-scheduler',
    groups: ['system:authenticated'],
    qps: configuration.clientQps ?? parameters.clientQps,
    burst: configuration.clientBurst ?? parameters.clientBurst,
    onNode: false,
    process: name,
  };
  return [
    clientGo.newClient({ name, ...limits, startsPods: true }),
    clientGo.newClient({ name: `${name} events`, ...limits }),
  ];
}

/** The extenders of a configuration, and the client by which those that bind do so; undefined = it has none. */
export function newExtenders(
  clientGo: ClientGo,
  identity: SchedulerIdentity,
  { extenders }: SchedulerConfiguration,
  parameters: ValuesOf<typeof kubeSchedulerParameters>,
): { readonly extenders: Extenders; readonly client: ApiClient } | undefined {
  if (extenders === undefined || extenders.length === 0) return undefined;
  const { streams } = clientGo.simulation;
  const stream = `kubeScheduler.extenders.${streamName(identity)}`;
  const client = clientGo.newClient({
    name: `${processName(identity)} extenders`,
    user: 'system:serviceaccount:kube-system:scheduler-extender',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
    qps: 0,
    burst: 1,
    onNode: false,
    startsPods: true,
  });
  const calls = streams.stream(`${stream}.calls`);
  return { extenders: new Extenders(extenders, parameters, calls, streams.keyed(stream)), client };
}

/** Extended resources that its extenders see to, and the scheduler itself does not count (managedResources with ignoredByScheduler). */
export function uncountedResources({ extenders }: SchedulerConfiguration): ReadonlySet<string> {
  return new Set((extenders ?? []).flatMap(({ ignoredResources }) => ignoredResources));
}
