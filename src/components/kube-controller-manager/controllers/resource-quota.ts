/**
 * The resource quota controller. K:pkg/controller/resourcequota.
 * A quota is counted anew when it comes, when something in its namespace that it counts is deleted or has ended (replenishment), and every five minutes;
 * its status is written if that changes it. What is created is counted by the API servers' admission.
 */
import {
  type Kind,
  kinds,
  NO_VERSION,
  type ObjectKey,
  type QuotaAmounts,
  type VersionHandle,
} from '../../../cluster/index.ts';
import type { Process } from '../../../engine/index.ts';
import { isSuccess, quotaKinds, usageOfNamespace, writes } from '../../api-machinery/index.ts';
import type { ApiClient, SharedInformer } from '../../client-go/index.ts';
import type { ControllerQueue, ControllerSurroundings } from '../controller.ts';

/** The controller. */
export class ResourceQuotaController {
  private readonly around: ControllerSurroundings;
  private readonly client: ApiClient;
  private readonly queue: ControllerQueue;
  private readonly quotas: SharedInformer;
  private readonly counted: ReadonlyMap<Kind, SharedInformer>;

  constructor(around: ControllerSurroundings) {
    const { clientGo, parameters } = around;
    const { tables } = clientGo;
    this.around = around;
    this.client = around.newClient('resourcequota-controller');
    this.quotas = around.informer(kinds.resourcequotas);
    const workers = parameters.concurrentResourceQuotaSyncs;
    this.queue = around.newQueue('resource_quota_primary', workers, (key) => this.sync(key as ObjectKey));
    this.quotas.addHandler({ onAdd: (quota) => this.queue.add(tables.resourcequotas.key.get(quota)) });
    this.counted = new Map(quotaKinds(tables).map((kind) => [kind, around.informer(kind)]));
    for (const [kind, informer] of this.counted) this.replenishFrom(kind, informer);
    around.onStart(() => {
      clientGo.simulation.processes.spawn('resource quota resync', this.resync());
    });
  }

  /** What is deleted, and pods that have ended, give room back. */
  private replenishFrom(kind: Kind, informer: SharedInformer): void {
    const { tables } = this.around.clientGo;
    const { pods } = tables;
    const replenish = (version: VersionHandle) => {
      if (this.quotas.size > 0)
        this.replenish(tables.keysOf(kind).namespace(tables.of(kind).key.get(version) as ObjectKey));
    };
    informer.addHandler({
      onDelete: replenish,
      ...(kind !== kinds.pods
        ? {}
        : {
            onUpdate: (version: VersionHandle, previous: VersionHandle) => {
              if (pods.isTerminal(version) && !pods.isTerminal(previous)) replenish(version);
            },
          }),
    });
  }

  private replenish(namespace: string): void {
    const keys = this.around.clientGo.tables.keysOf('resourcequotas');
    this.quotas.forEach((quota) => {
      if (keys.namespace(quota) === namespace) this.queue.add(quota);
    });
  }

  private *resync(): Process {
    while (!this.around.hasStopped) {
      yield this.around.parameters.resourceQuotaSyncPeriod;
      this.quotas.forEach((quota) => {
        this.queue.add(quota);
      });
    }
  }

  private *sync(key: ObjectKey): Generator<number, boolean, number> {
    const { requests, tables } = this.around.clientGo;
    const { resourcequotas } = tables;
    const version = this.quotas.get(key);
    if (version === NO_VERSION) return true;
    const namespace = tables.keysOf('resourcequotas').namespace(key);
    const used = usageOfNamespace(tables, namespace, resourcequotas.hard.get(version), (kind, each) =>
      this.counted.get(kind)?.forEach(each),
    );
    if (isSame(used, resourcequotas.usage.get(version))) return true;
    const request = this.client.write(writes.resourceQuotaStatus, key);
    requests.object[request] = used;
    requests.expectedRevision[request] = resourcequotas.revision.get(version);
    return isSuccess(requests.code[yield* this.client.call(request)] as number);
  }
}

/** Whether two amounts name the same numbers. */
function isSame(a: QuotaAmounts, b: QuotaAmounts): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
