/** Clients of a scheduler. */
import type { ValuesOf } from '../../engine/index.ts';
import type { ApiClient, ClientGo } from '../client-go/index.ts';
import type { SchedulerConfiguration } from './configuration.ts';
import type { kubeSchedulerParameters } from './kube-scheduler.parameters.ts';

/** The client for bindings and status, and one for events: each has a limiter of its own (K:cmd/kube-scheduler/app/options/options.go). */
export function newClients(
  clientGo: ClientGo,
  name: string,
  configuration: SchedulerConfiguration,
  parameters: ValuesOf<typeof kubeSchedulerParameters>,
): [ApiClient, ApiClient] {
  const limits = {
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
