/**
 * The ingress controller with nginx (ingress-nginx 1.13). https://github.com/kubernetes/ingress-nginx/tree/main/internal/ingress.
 *
 * Modelled: replicas with informers of Ingresses, Services, EndpointSlices and Secrets; one queue behind a limiter of 0.3 syncs a second, through which
 * endpoints go as rules do; reloads where rules have changed, whose time grows with servers and locations, and whose old workers stay in memory for as
 * long as they may; endpoints handed over without a reload; the leader's writes of status each minute.
 * Its pods are no objects, and the first replica leads. Left out: requests of users through it, certificates, the admission webhook, canaries, election.
 */
import { kinds, NO_VERSION, type ObjectKey } from '../../../cluster/index.ts';
import { count, defineParameters, type EventType, flag, sourceCode, type ValuesOf } from '../../../engine/index.ts';
import type { CounterSeries, HistogramSeries } from '../../../metrics/index.ts';
import type { Nanoseconds } from '../../../units/index.ts';
import { writes } from '../../api-machinery/index.ts';
import type { ClientGo } from '../../client-go/index.ts';
import { type Addon, type AddonSurroundings, defineAddon, kubeSystemUser } from '../addon.ts';
import { IngressController } from './controller.ts';
import { ingressNginxParameters } from './ingress-nginx.parameters.ts';

/** What spec.addons.ingressNginx says. */
export const ingressNginxSettings = defineParameters({
  replicas: count({
    default: 2,
    unit: 'replica',
    range: [1, 1000],
    help: 'Replicas, each of which configures an nginx of its own.',
    source: sourceCode('ING:charts/ingress-nginx/values.yaml', 'the chart’s default is one'),
  }),
  watchSecrets: flag({
    default: true,
    help: 'Whether it watches Secrets, for certificates and passwords.',
    source: sourceCode('ING:internal/ingress/controller/store/store.go'),
  }),
});

/** Its clients have none (ING:cmd/nginx/main.go sets 1,000,000 a second). */
const NO_LIMIT = 0;

/** All replicas. */
export class IngressNginx implements Addon {
  private readonly clientGo: ClientGo;
  private readonly parameters: ValuesOf<typeof ingressNginxParameters>;
  private readonly replicas: readonly IngressController[];
  private readonly evSync: EventType;
  private readonly evDone: EventType;
  private readonly evStatus: EventType;
  private readonly evWorkersEnd: EventType;
  private readonly onStatus: number;
  /** Generations of workers that serve old connections, by replica, state. */
  private readonly oldWorkers: number[];
  private readonly programming: { readonly ingress: HistogramSeries; readonly endpoints: HistogramSeries };
  private readonly reloadSeconds: HistogramSeries;
  private readonly reloads: CounterSeries;
  private readonly limiter: number;

  constructor(
    { clientGo }: AddonSurroundings,
    parameters: ValuesOf<typeof ingressNginxParameters>,
    { replicas, watchSecrets }: ValuesOf<typeof ingressNginxSettings>,
  ) {
    const { simulation, recorder, waits } = clientGo;
    this.clientGo = clientGo;
    this.parameters = parameters;
    this.oldWorkers = Array.from({ length: replicas }, () => 0);
    this.evSync = simulation.on('ingress-nginx: sync begins', (index) => this.replica(index).sync());
    this.evDone = simulation.on('ingress-nginx: sync ends', (index) => this.replica(index).synced(simulation.now));
    this.evStatus = simulation.on('ingress-nginx: status update', () => this.updateStatus());
    this.evWorkersEnd = simulation.on('ingress-nginx: old workers end', (index) => {
      this.oldWorkers[index] = (this.oldWorkers[index] as number) - 1;
    });
    this.onStatus = clientGo.onReplyDo(() => {});
    const series = (change: string) => recorder.histogram('plimsoll_ingress_programming_duration_seconds', { change });
    this.programming = { ingress: series('ingress'), endpoints: series('endpoints') };
    this.reloadSeconds = recorder.histogram('plimsoll_ingress_reload_duration_seconds');
    this.reloads = recorder.counter('nginx_ingress_controller_success');
    this.limiter = waits.server('ingress-nginx sync limiter', 'limiter');
    const around = {
      clientGo,
      parameters,
      watchesSecrets: watchSecrets,
      newClient: () =>
        clientGo.newClient({
          name: 'ingress-nginx',
          ...kubeSystemUser('ingress-nginx'),
          qps: NO_LIMIT,
          burst: 1,
          onNode: true,
        }),
      wake: (replica: number, step: 'sync' | 'done', after: Nanoseconds) =>
        void simulation.after(after, step === 'sync' ? this.evSync : this.evDone, replica),
      programmed: (change: 'ingress' | 'endpoints', span: Nanoseconds) => this.programming[change].recordSpan(span),
      reloaded: (replica: number, span: Nanoseconds) => this.reloaded(replica, span),
      waited: (span: Nanoseconds) => waits.passed(this.limiter, span),
    };
    this.replicas = Array.from({ length: replicas }, (_, index) => new IngressController(around, index));
    this.publish();
  }

  start(): void {
    for (const replica of this.replicas) replica.startPreloaded();
    this.clientGo.simulation.after(this.parameters.statusUpdateInterval, this.evStatus);
  }

  private replica(index: number): IngressController {
    return this.replicas[index] as IngressController;
  }

  /** Workers with the new configuration are started; those of before serve their connections to their end. */
  private reloaded(replica: number, span: Nanoseconds): void {
    this.reloadSeconds.recordSpan(span);
    this.reloads.add();
    this.oldWorkers[replica] = (this.oldWorkers[replica] as number) + 1;
    this.clientGo.simulation.after(this.parameters.workerShutdownTimeout, this.evWorkersEnd, replica);
  }

  /** The leader writes its address into the Ingresses that lack it. */
  private updateStatus(): void {
    const { simulation, tables } = this.clientGo;
    const { ingresses, client } = this.replica(0);
    ingresses.forEach((key: ObjectKey, version) => {
      if (version === NO_VERSION || tables.ingresses.hasAddress.get(version) === 1) return;
      client.send(client.write(writes.ingressStatus, key, kinds.ingresses), this.onStatus);
    });
    simulation.after(this.parameters.statusUpdateInterval, this.evStatus);
  }

  private publish(): void {
    const { recorder } = this.clientGo;
    const { memoryBase, memoryPerWorker, workers } = this.parameters;
    const memory = recorder.gauge('process_resident_memory_bytes', { job: 'ingress-nginx', instance: 'largest' });
    recorder.onSample(() => {
      const generations = 1 + Math.max(...this.oldWorkers);
      memory.set(memoryBase + memoryPerWorker * workers * generations);
    });
  }
}

/** The add-on. */
export const ingressNginx = defineAddon({
  help: 'The ingress controller with nginx: it watches Ingresses, Services, slices and Secrets, and reloads where rules change, no more than once in 3.3 s.',
  parameters: ingressNginxParameters,
  settings: ingressNginxSettings,
  create: (around, parameters, settings) => new IngressNginx(around, parameters, settings),
});
