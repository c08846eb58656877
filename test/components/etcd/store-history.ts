/** Clients that read and write a few keys of a real etcd while members are killed and cut off from each other; what they saw is recorded. */
import {
  type Kind,
  kinds,
  NO_VERSION,
  type ObjectKey,
  ObjectTables,
  type VersionHandle,
} from '../../../src/cluster/index.ts';
import { RequestFlag, type RequestId, Requests, Verb } from '../../../src/components/api-machinery/index.ts';
import { EtcdCluster, type StoreClient, StoreOutcome } from '../../../src/components/etcd/index.ts';
import { Host } from '../../../src/components/host/host.ts';
import { type EventType, type RandomStream, Simulation } from '../../../src/engine/index.ts';
import { MetricRecorder, WaitLedger } from '../../../src/metrics/index.ts';
import { materialiseParameters } from '../../../src/scenario/index.ts';
import { nanoseconds, seconds, simTime } from '../../../src/units/index.ts';
import type { Operation } from './linearizability.ts';

/** A fault: at which time [ms], whom it strikes, and how long it lasts [ms]. */
export interface Fault {
  readonly type: 'killLeader' | 'killMember' | 'pause' | 'cutLeader' | 'cutMember' | 'oneWay' | 'slow' | 'transfer';
  readonly at: number;
  readonly member: number;
  readonly span: number;
}

export interface Plan {
  readonly seed: number;
  readonly members: number;
  readonly clients: number;
  readonly keys: number;
  readonly operations: number;
  readonly faults: readonly Fault[];
}

/** Longest pause of a client between two operations [ns]. */
const PAUSE = 150_000_000;
/** Values begin here: they are sizes of objects. */
const FIRST_VALUE = 1000;

/** A client with one operation at a time. */
interface Client {
  readonly server: number;
  readonly draws: RandomStream;
  /** Mod revision of each key as it was last seen, 0 = none. */
  readonly known: number[];
  left: number;
  current: Operation | undefined;
}

/** A store with its clients. */
export class StoreHistory {
  readonly simulation: Simulation;
  readonly tables = new ObjectTables();
  readonly requests = new Requests();
  readonly store: EtcdCluster;
  readonly history: Operation[] = [];
  private readonly plan: Plan;
  private readonly kind: Kind = kinds.configmaps;
  private readonly keys: ObjectKey[];
  private readonly clients: Client[] = [];
  private readonly evNext: EventType;
  private readonly evFault: EventType;
  private readonly evMend: EventType;
  private readonly mends: (() => void)[] = [];

  constructor(plan: Plan) {
    this.plan = plan;
    const simulation = new Simulation({ seed: `history ${plan.seed}` });
    this.simulation = simulation;
    const parameters = materialiseParameters({ etcd: { members: plan.members } });
    const recorder = new MetricRecorder(simulation);
    const { tables, requests } = this;
    this.store = new EtcdCluster({
      simulation,
      tables,
      requests,
      parameters: parameters.etcd,
      network: parameters.network,
      hosts: Array.from({ length: plan.members }, (_, index) => new Host(simulation, `host ${index}`, 4)),
      endpoints: { only: () => undefined, keepAlive: seconds(3) },
      recorder,
      waits: new WaitLedger(recorder),
    });
    this.keys = Array.from({ length: plan.keys }, (_, index) =>
      tables.keysOf(kinds.configmaps).intern('default', `${index}`),
    );
    this.evNext = simulation.on('test.next', (client) => this.invoke(this.clients[client] as Client));
    this.evFault = simulation.on('test.fault', (index) => this.strike(plan.faults[index] as Fault));
    this.evMend = simulation.on('test.mend', (index) => this.mends[index]?.());
    const ignored = simulation.on('test.changes', () => {});
    for (let index = 0; index < plan.clients; index++) this.addClient(index, ignored);
    plan.faults.forEach(({ at }, index) => void simulation.after(nanoseconds(at * 1e6), this.evFault, index));
  }

  private addClient(index: number, ignored: EventType): void {
    const { simulation } = this;
    const storeAnswered = simulation.on(`test.answered.${index}`, (request, outcome) =>
      this.answered(this.clients[index] as Client, request as RequestId, outcome),
    );
    const client: StoreClient = { storeAnswered, changesArrived: ignored, isWatching: false };
    const draws = simulation.streams.stream(`test.client.${index}`);
    const known = this.keys.map(() => 0);
    this.clients.push({
      server: this.store.connect(client),
      draws,
      known,
      left: this.plan.operations,
      current: undefined,
    });
    simulation.after(nanoseconds(1 + Math.floor(draws.next() * PAUSE)), this.evNext, index);
  }

  /** Runs until every client is done. */
  run(): Operation[] {
    this.simulation.run(simTime(seconds(120)));
    this.simulation.checkInvariants();
    return this.history;
  }

  private invoke(client: Client): void {
    if (client.left-- === 0) return;
    const { requests, tables, simulation, kind } = this;
    const keyIndex = Math.floor(client.draws.next() * this.keys.length);
    const key = this.keys[keyIndex] as ObjectKey;
    const chance = client.draws.next();
    // Nobody deletes what is not known to be there.
    const mayDelete = (client.known[keyIndex] as number) > 0;
    const type = chance < 0.35 ? 'get' : chance < 0.45 ? 'look' : chance < 0.9 || !mayDelete ? 'put' : 'delete';
    const isRead = type === 'get' || type === 'look';
    const verb = isRead ? Verb.Get : type === 'put' ? Verb.Update : Verb.Delete;
    const request = requests.allocate(verb, kind, key);
    if (type === 'look') requests.flags[request] = RequestFlag.FromCache;
    const id = this.history.length;
    const value = type === 'put' ? FIRST_VALUE + id : 0;
    const expected = isRead ? 0 : (client.known[keyIndex] as number);
    if (type === 'put') {
      const draft = tables.of(kind).allocate(key);
      tables.of(kind).bytes.set(draft, value);
      requests.draft[request] = draft;
    }
    requests.transactionRevision[request] = expected;
    client.current = {
      id,
      client: client.server,
      key: keyIndex,
      type,
      expected,
      value,
      invokedAt: simulation.now,
      answeredAt: Number.POSITIVE_INFINITY,
      outcome: 'unknown',
      seenValue: 0,
      seenRevision: 0,
      storeRevision: 0,
    };
    this.history.push(client.current);
    this.store.send(client.server, request);
  }

  private answered(client: Client, request: RequestId, outcome: number): void {
    const { requests, tables, simulation, kind } = this;
    const table = tables.of(kind);
    const operation = client.current as Operation;
    const result = requests.result[request] as VersionHandle;
    if (outcome === StoreOutcome.Succeeded || outcome === StoreOutcome.ConditionFailed) {
      const isDeleted = operation.type === 'delete' && outcome === StoreOutcome.Succeeded;
      const isThere = result !== NO_VERSION && !isDeleted;
      operation.outcome = outcome === StoreOutcome.Succeeded ? 'succeeded' : 'conditionFailed';
      operation.answeredAt = simulation.now;
      operation.seenValue = isThere ? table.bytes.get(result) : 0;
      operation.seenRevision = isThere ? table.revision.get(result) : 0;
      const isPut = operation.type === 'put' && outcome === StoreOutcome.Succeeded;
      operation.storeRevision = isPut ? operation.seenRevision : (requests.resultRevision[request] as number);
      if (operation.type !== 'look') client.known[operation.key] = operation.seenRevision;
    }
    if (result !== NO_VERSION) table.release(result);
    const draft = requests.draft[request] as VersionHandle;
    if (draft !== NO_VERSION) table.release(draft);
    requests.release(request);
    const pause = nanoseconds(1 + Math.floor(client.draws.next() * PAUSE));
    simulation.after(pause, this.evNext, this.clients.indexOf(client));
  }

  // ---- faults ----------------------------------------------------------------------------------------------------------------------

  private strike({ type, member, span }: Fault): void {
    const { store } = this;
    const lasts = nanoseconds(span * 1e6);
    const victim = type === 'cutLeader' ? (store.members.leader?.id ?? 0) : member % this.plan.members;
    if (type === 'killLeader') store.killLeader(lasts);
    else if (type === 'killMember') store.faults.kill(victim, lasts);
    else if (type === 'pause') store.faults.pause(victim, lasts);
    else if (type === 'transfer') store.members.leader?.wake((node) => node.transferLeadership(victim));
    else {
      this.links(victim, type, true);
      this.mends.push(() => this.links(victim, type, false));
      this.simulation.after(lasts, this.evMend, this.mends.length - 1);
    }
  }

  private links(victim: number, type: Fault['type'], isBroken: boolean): void {
    const { network } = this.store.members;
    for (let other = 0; other < this.plan.members; other++) {
      if (other === victim) continue;
      if (type === 'slow') network.setQuality(victim, other, nanoseconds(isBroken ? 300e6 : 0), isBroken ? 0.2 : 0);
      else network.setCut(victim, other, isBroken);
      if (type !== 'oneWay' && type !== 'slow') network.setCut(other, victim, isBroken);
    }
  }
}
