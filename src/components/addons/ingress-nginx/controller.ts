/** One replica of the ingress controller: its informers, its one queue behind a limiter, and the nginx that it configures. */
import {
  type IngressSpecification,
  kinds,
  NO_VERSION,
  type ObjectKey,
  type VersionHandle,
} from '../../../cluster/index.ts';
import { TokenBucket, type ValuesOf } from '../../../engine/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../../units/index.ts';
import { type ApiClient, type ClientGo, SharedInformer } from '../../client-go/index.ts';
import type { ingressNginxParameters } from './ingress-nginx.parameters.ts';

/** Whom a replica tells of what it has done, and how it is woken. */
export interface ControllerSurroundings {
  readonly clientGo: ClientGo;
  readonly parameters: ValuesOf<typeof ingressNginxParameters>;
  readonly watchesSecrets: boolean;
  newClient(): ApiClient;
  /** Something is to be done for this replica after a span. */
  wake(replica: number, step: 'sync' | 'done', after: Nanoseconds): void;
  /** A change has reached nginx, this long after it was made. */
  programmed(change: 'ingress' | 'endpoints', span: Nanoseconds): void;
  reloaded(replica: number, span: Nanoseconds): void;
  /** A sync has waited for the limiter. */
  waited(span: Nanoseconds): void;
}

/** One replica. */
export class IngressController {
  readonly index: number;
  readonly client: ApiClient;
  readonly ingresses: SharedInformer;
  private readonly around: ControllerSurroundings;
  private readonly informers: readonly SharedInformer[];
  private readonly services: SharedInformer;
  private readonly limiter: TokenBucket;
  /** Ingresses by the Services that they lead to. */
  private readonly users = new Map<ObjectKey, number>();
  /** Servers and locations that nginx is to have, state. */
  private servers = 0;
  private locations = 0;
  /** Whether a sync is planned or under way, and whether the configuration has changed since the last one began, state. */
  private isBusy = false;
  private isDirty = false;
  private needsReload = false;
  /** When the changes were made that nginx has not got yet [ns], and those that the sync under way brings it, state. */
  private waiting: { readonly change: 'ingress' | 'endpoints'; readonly at: number }[] = [];
  private underWay: { readonly change: 'ingress' | 'endpoints'; readonly at: number }[] = [];
  private reloads = false;

  constructor(around: ControllerSurroundings, index: number) {
    const { clientGo, parameters } = around;
    this.around = around;
    this.index = index;
    this.client = around.newClient();
    this.limiter = new TokenBucket(parameters.syncRateLimit, 1);
    const watched = [
      kinds.ingresses,
      kinds.services,
      kinds.endpointslices,
      ...(around.watchesSecrets ? [kinds.secrets] : []),
    ];
    this.informers = watched.map((kind) => new SharedInformer(clientGo, this.client, kind, clientGo.reflectorReplies));
    const [ingresses, services, slices] = this.informers as [SharedInformer, SharedInformer, SharedInformer];
    this.ingresses = ingresses;
    this.services = services;
    ingresses.addHandler({
      onAdd: (version) => this.rulesChanged(version, 1),
      onDelete: (version) => this.rulesChanged(version, -1),
    });
    const sliceSeen = (version: VersionHandle) => this.endpointsChanged(version);
    slices.addHandler({ onAdd: sliceSeen, onUpdate: sliceSeen, onDelete: sliceSeen });
  }

  /** It has been running for long: nginx has everything. */
  startPreloaded(): void {
    // What is there is no news.
    this.isBusy = true;
    for (const informer of this.informers) informer.startPreloaded();
    this.isBusy = false;
    this.isDirty = false;
    this.needsReload = false;
    this.waiting = [];
  }

  // ---- what it sees ------------------------------------------------------------------------------------------------------------

  private rulesChanged(version: VersionHandle, sign: 1 | -1): void {
    const { tables, simulation } = this.around.clientGo;
    const { ingresses } = tables;
    const { rules, defaultService } = ingresses.specification.get(version) as IngressSpecification;
    const namespace = tables.keysOf('ingresses').namespace(ingresses.key.get(version) as ObjectKey);
    const use = (name: string) => {
      const service = tables.keysOf('services').intern(namespace, name);
      this.users.set(service, (this.users.get(service) ?? 0) + sign);
    };
    for (const { paths } of rules) {
      this.servers += sign;
      this.locations += sign * paths.length;
      for (const { service } of paths) use(service);
    }
    if (defaultService !== undefined) use(defaultService);
    this.needsReload = true;
    const at = sign === 1 ? ingresses.createdAt.get(version) : simulation.now;
    this.changed('ingress', at);
  }

  private endpointsChanged(slice: VersionHandle): void {
    const { endpointslices } = this.around.clientGo.tables;
    const service = endpointslices.owner.get(slice) as ObjectKey;
    if ((this.users.get(service) ?? 0) === 0 || this.services.get(service) === NO_VERSION) return;
    const at = endpointslices.triggeredAt.get(slice);
    this.changed('endpoints', at < 0 ? this.around.clientGo.simulation.now : at);
  }

  private changed(change: 'ingress' | 'endpoints', at: number): void {
    this.waiting.push({ change, at });
    this.isDirty = true;
    this.wish();
  }

  // ---- syncs -------------------------------------------------------------------------------------------------------------------

  /** The queue holds one item: whatever comes meanwhile is part of the next sync. */
  private wish(): void {
    if (this.isBusy) return;
    this.isBusy = true;
    this.isDirty = false;
    const wait = this.limiter.reserve(this.around.clientGo.simulation.now);
    this.around.waited(wait);
    this.around.wake(this.index, 'sync', wait);
  }

  /** The limiter lets a sync begin: it takes up all that is known now. */
  sync(): void {
    const { syncBase, syncPerIngress, dynamicUpdate, reloadBase, reloadPerServer, reloadPerLocation } =
      this.around.parameters;
    this.underWay = this.waiting;
    this.waiting = [];
    this.isDirty = false;
    this.reloads = this.needsReload;
    this.needsReload = false;
    const build = syncBase + syncPerIngress * this.ingresses.size;
    const reload = reloadBase + reloadPerServer * this.servers + reloadPerLocation * this.locations;
    if (this.reloads) this.around.reloaded(this.index, nanoseconds(reload));
    this.around.wake(this.index, 'done', nanoseconds(build + dynamicUpdate + (this.reloads ? reload : 0)));
  }

  /** nginx has what the sync brought. */
  synced(now: SimTime): void {
    for (const { change, at } of this.underWay) this.around.programmed(change, nanoseconds(now - at));
    this.underWay = [];
    this.isBusy = false;
    if (this.isDirty) this.wish();
  }
}
