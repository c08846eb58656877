/**
 * The garbage collector: deletes what is owned by something that is gone, in the background.
 * K:pkg/controller/garbagecollector (garbagecollector.go, graph_builder.go).
 *
 * Modelled: the pods of ReplicaSets, the ReplicaSets of Deployments, the EndpointSlices of Services, the claims of pods' ephemeral volumes; GET of each dependent and DELETE with its
 * UID as precondition; GET of an owner that was never seen; twice the rate of other controllers' clients.
 * Left out: orphaning and foreground deletion, several owners, owners' UIDs (an owner that was made again under its name takes over what is
 * left), the discovery of resources every 30 s.
 */
import {
  type Kind,
  kinds,
  NO_VERSION,
  type ObjectKey,
  type ObjectTables,
  type VersionTable,
} from '../../../cluster/index.ts';
import type { Process } from '../../../engine/index.ts';
import { isSuccess, type Requests, StatusCode } from '../../api-machinery/index.ts';
import type { ApiClient, InformerIndex, SharedInformer } from '../../client-go/index.ts';
import type { ControllerQueue, ControllerSurroundings } from '../controller.ts';

/** A kind and the kind that owns it. */
interface Ownership {
  readonly owner: SharedInformer;
  readonly dependent: SharedInformer;
  readonly dependents: InformerIndex;
  readonly table: VersionTable;
}

/** Which kinds own which. */
const ownedKinds: readonly { readonly owner: Kind; readonly dependent: Kind }[] = [
  { owner: kinds.deployments, dependent: kinds.replicasets },
  { owner: kinds.replicasets, dependent: kinds.pods },
  { owner: kinds.services, dependent: kinds.endpointslices },
  { owner: kinds.pods, dependent: kinds.persistentvolumeclaims },
];

/** Bits of an item that hold a key; the bits above hold what it is. Items travel in 32-bit arguments of events. */
const KEY_FACTOR = 2 ** 28;

/** The controller. */
export class GarbageCollector {
  private readonly around: ControllerSurroundings;
  private readonly tables: ObjectTables;
  private readonly requests: Requests;
  private readonly client: ApiClient;
  private readonly queue: ControllerQueue;
  private readonly ownerships: readonly Ownership[];

  constructor(around: ControllerSurroundings) {
    const { clientGo, parameters } = around;
    this.around = around;
    this.tables = clientGo.tables;
    this.requests = clientGo.requests;
    this.client = around.newClient('generic-garbage-collector', { qpsFactor: parameters.garbageCollectorQpsFactor });
    const workers = parameters.concurrentGarbageCollectorSyncs;
    this.queue = around.newQueue('garbage_collector_attempt_to_delete', workers, (item) => this.attempt(item));
    this.ownerships = ownedKinds.map(({ owner, dependent }, number) => this.watchOver(owner, dependent, number));
    around.onStart(() => {
      clientGo.simulation.processes.spawn('garbage collector start', this.lookThrough());
    });
  }

  private watchOver(owner: Kind, dependent: Kind, number: number): Ownership {
    const { around, tables } = this;
    const ownership: Ownership = {
      owner: around.informer(owner),
      dependent: around.informer(dependent),
      dependents: around.byOwner(dependent),
      table: tables.of(dependent),
    };
    const ownerTable = tables.of(owner);
    ownership.owner.addHandler({
      onDelete: (gone) => this.enqueueDependents(number, ownership, ownerTable.key.get(gone)),
    });
    ownership.dependent.addHandler({
      onAdd: (added) => this.checkOwner(number, ownership, ownership.table.owner.get(added)),
    });
    return ownership;
  }

  /** A dependent of an owner that was never seen: the owner has to be looked for. */
  private checkOwner(number: number, { owner }: Ownership, key: number): void {
    if (key < 0 || !this.around.hasSynced || owner.get(key as ObjectKey) !== NO_VERSION) return;
    this.queue.add((this.ownerships.length + number) * KEY_FACTOR + key);
  }

  private enqueueDependents(number: number, { dependents }: Ownership, owner: number): void {
    for (const key of dependents.keys(owner)) this.queue.add(number * KEY_FACTOR + key);
  }

  /** What came with the first lists, in whatever order, is looked through once they are all there. */
  private *lookThrough(): Process {
    if (!(yield* this.around.untilSynced())) return;
    for (const [number, ownership] of this.ownerships.entries()) {
      ownership.dependent.forEach((_, version) => {
        this.checkOwner(number, ownership, ownership.table.owner.get(version));
      });
    }
  }

  private *attempt(item: number): Generator<number, boolean, number> {
    const what = Math.floor(item / KEY_FACTOR);
    const key = (item % KEY_FACTOR) as ObjectKey;
    const count = this.ownerships.length;
    const ownership = this.ownerships[what % count] as Ownership;
    if (what >= count) return yield* this.lookForOwner(what - count, ownership, key);
    return yield* this.deleteDependent(ownership, key);
  }

  /** A virtual node of the graph: if it does not exist, its dependents go (attemptToDeleteItem). */
  private *lookForOwner(number: number, ownership: Ownership, key: ObjectKey): Generator<number, boolean, number> {
    const read = yield* this.client.call(this.client.read(ownership.owner.kind, key));
    const code = this.requests.code[read] as number;
    if (code === StatusCode.NotFound) this.enqueueDependents(number, ownership, key);
    return code === StatusCode.Ok || code === StatusCode.NotFound;
  }

  private *deleteDependent({ owner, dependent, table }: Ownership, key: ObjectKey): Generator<number, boolean, number> {
    const { requests } = this;
    const read = yield* this.client.call(this.client.read(dependent.kind, key));
    const found = requests.code[read] as number;
    if (found === StatusCode.NotFound) return true;
    if (found !== StatusCode.Ok) return false;
    const version = requests.resultOf(read);
    const isOwned = owner.get(table.owner.get(version) as ObjectKey) !== NO_VERSION;
    if (isOwned || table.deletedAt.get(version) >= 0) return true;
    const reply = yield* this.client.call(this.client.deletion(dependent.kind, key, table.uid.get(version)));
    const code = requests.code[reply] as number;
    return isSuccess(code) || code === StatusCode.NotFound;
  }
}
