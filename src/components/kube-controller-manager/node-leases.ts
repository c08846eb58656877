/**
 * When each node last renewed its lease, as the controller's watch of leases has it. Renewals come by the hundred a second and are looked at
 * every few seconds, so this takes them over only when it is asked: the one informer of leases, without a store of versions.
 */
import {
  kinds,
  NO_KEY,
  NO_VERSION,
  type ObjectKey,
  type ObjectKeys,
  type ObjectTables,
  type VersionHandle,
} from '../../cluster/index.ts';
import {
  type ApiClient,
  type ClientGo,
  Reflector,
  type ReflectorListener,
  type ReflectorReplies,
} from '../client-go/index.ts';
import { EVERYTHING } from '../kube-apiserver/index.ts';

/** Namespace of the leases of nodes (api/core/v1: NamespaceNodeLease). */
const NODE_LEASE_NAMESPACE = 'kube-node-lease';
/** No renewal was seen. */
const NEVER_RENEWED = -1;
/** Nodes at the start; doubled. */
const INITIAL_NODES = 256;
/** The lease's node was not looked up yet. */
const NOT_LOOKED_UP = -2;

/** The leases of nodes. */
export class NodeLeases implements ReflectorListener {
  private readonly clientGo: ClientGo;
  private readonly leases: ObjectTables['leases'];
  private readonly leaseKeys: ObjectKeys;
  private readonly nodeKeys: ObjectKeys;
  private readonly reflector: Reflector;
  /** Key of the node by key of the lease, NO_KEY if it is no node's. */
  private readonly nodeOf: number[] = [];
  /** spec.renewTime by key of the node [ns]. */
  private renewals = new Float64Array(INITIAL_NODES).fill(NEVER_RENEWED);
  /** Whether the first list has come. */
  hasSynced = false;

  constructor(clientGo: ClientGo, client: ApiClient, replies: ReflectorReplies) {
    this.clientGo = clientGo;
    this.leases = clientGo.tables.leases;
    this.leaseKeys = clientGo.tables.keysOf('leases');
    this.nodeKeys = clientGo.tables.keysOf('nodes');
    this.reflector = new Reflector(clientGo, client, kinds.leases, EVERYTHING, replies, this);
  }

  /** Lists and watches. */
  start(): void {
    this.reflector.start();
  }

  /** Takes over what was preloaded, without requests, and watches from there. */
  startPreloaded(): void {
    const server = this.clientGo.serverFor(this.reflector.client);
    if (server === undefined) throw new RangeError('informers start preloaded while an API server is up');
    const cache = server.cache(kinds.leases);
    cache.forEach((_, version) => {
      this.take(version);
    });
    this.hasSynced = true;
    this.reflector.startPreloaded(cache.log.lastChange);
  }

  /** Stops: the process has ended. */
  stop(): void {
    this.reflector.stop();
  }

  /** Takes over what has come by now. */
  catchUp(): void {
    this.reflector.catchUp();
  }

  /** The last renewal that was seen of a node's lease [ns], below 0 if there was none. */
  renewedAt(node: ObjectKey): number {
    return node < this.renewals.length ? (this.renewals[node] as number) : NEVER_RENEWED;
  }

  onListed(versions: readonly VersionHandle[]): void {
    for (const version of versions) this.take(version);
    this.hasSynced = true;
  }

  onChanged(version: VersionHandle): void {
    if (version !== NO_VERSION) this.take(version);
    this.reflector.deferUntilCaughtUp();
  }

  private take(version: VersionHandle): void {
    const lease = this.leases.key.get(version) as ObjectKey;
    let node = this.nodeOf[lease] ?? NOT_LOOKED_UP;
    if (node === NOT_LOOKED_UP) {
      const isNodes = this.leaseKeys.namespace(lease) === NODE_LEASE_NAMESPACE;
      node = isNodes ? this.nodeKeys.find('', this.leaseKeys.name(lease)) : NO_KEY;
      this.nodeOf[lease] = node;
    }
    if (node === NO_KEY) return;
    if (node >= this.renewals.length) this.grow(node);
    this.renewals[node] = this.leases.renewedAt.get(version);
  }

  private grow(node: number): void {
    const larger = new Float64Array(Math.max(node + 1, this.renewals.length * 2)).fill(NEVER_RENEWED);
    larger.set(this.renewals);
    this.renewals = larger;
  }
}
