/**
 * API requests as messages of fixed shape: a handful of numbers and, for clients inside the control plane, one reference to an immutable value.
 * A request is one slot from the moment a client issues it until its reply was handled; slots are pooled, so that a request costs no allocation.
 */
import type { Kind, ObjectKey, VersionHandle } from '../../cluster/index.ts';
import { NO_VERSION } from '../../cluster/index.ts';

declare const requestBrand: unique symbol;
/** Slot of a request. */
export type RequestId = number & { readonly [requestBrand]: 'RequestId' };

/** Places where a request may wait; index of its columns in {@link Requests.waits}. */
export const WaitPlace = {
  /** The client's own token bucket. */
  ClientLimiter: 0,
  /** Sleeping for Retry-After after a 429. */
  RetryAfter: 1,
  /** The API server's CPU shared with others. */
  ServerCpu: 2,
  /** etcd's CPU shared with others. */
  StoreCpu: 3,
  /** Behind other batches and their WAL sync. */
  StoreDisk: 4,
  /** The serial apply loop, and backend commits that block it. */
  StoreApply: 5,
  /** Until etcd has a leader. */
  StoreLeader: 6,
  /** In the API server's admission: webhooks and their queues, quotas. */
  Admission: 7,
  /** In a queue of the API server's priority and fairness. */
  FlowControl: 8,
} as const;

/** Number of wait places. */
export const WAIT_PLACES = 9;
/** In {@link Requests.client}: an API server asks on its own account. */
const NO_CLIENT = -1;
/** Slots at the start; doubled when all are taken. */
const INITIAL_SLOTS = 1024;
/** Numbers that a message carries. */
const PAYLOAD_NUMBERS = 8;

/** All requests that are on their way. */
export class Requests {
  private capacity = INITIAL_SLOTS;
  private readonly free: RequestId[] = [];
  private used = 0;

  /** Verb number. */
  verb = new Uint8Array(INITIAL_SLOTS);
  /** Kind number. */
  kind = new Uint8Array(INITIAL_SLOTS);
  /** Number of the write operation, for mutating requests other than delete. */
  write = new Uint8Array(INITIAL_SLOTS);
  /** Key of the object, -1 for lists of a whole kind. */
  key = new Int32Array(INITIAL_SLOTS);
  /** resourceVersion that the client demands, 0 = none. */
  expectedRevision = new Float64Array(INITIAL_SLOTS);
  /** UID precondition, 0 = none. */
  expectedUid = new Int32Array(INITIAL_SLOTS);
  /** Bits of {@link RequestFlag}. */
  flags = new Uint16Array(INITIAL_SLOTS);
  /** The message's numbers; their meaning is the write operation's. */
  private payload = new Float64Array(INITIAL_SLOTS * PAYLOAD_NUMBERS);
  /** The message's reference to an immutable value; a watch's subscriber; the versions that a list returns. Else null. */
  readonly object: unknown[] = new Array(INITIAL_SLOTS).fill(null);

  /** Number of the issuing client. */
  client = new Int32Array(INITIAL_SLOTS);
  /** Reply handler of the client. */
  reply = new Int32Array(INITIAL_SLOTS);
  /** The client's own note, handed to its reply handler. A double, because ids of processes grow beyond 32 bits. */
  context = new Float64Array(INITIAL_SLOTS);
  /** When the component wanted it [ns]. */
  issuedAt = new Float64Array(INITIAL_SLOTS);
  /** When the API server received it (last attempt) [ns]. */
  receivedAt = new Float64Array(INITIAL_SLOTS);
  /** Start of the stage it is in [ns]; what is waited for is the stage's length minus its own service. */
  stageAt = new Float64Array(INITIAL_SLOTS);
  /** When it was last sent to etcd [ns]. */
  storeAt = new Float64Array(INITIAL_SLOTS);
  /** Own service in the stage it is in [ns]. */
  stageService = new Float64Array(INITIAL_SLOTS);
  /** How long the client gives the API server (?timeout=), 0 = as long as the server itself does [ns]. */
  timeout = new Float64Array(INITIAL_SLOTS);
  /** Attempts after the first, by the client (Retry-After). */
  attempts = new Uint8Array(INITIAL_SLOTS);
  /** Transactions tried for it after the first, by the API server. */
  retries = new Int32Array(INITIAL_SLOTS);
  /** API server that handles it, -1 = none yet. */
  server = new Int32Array(INITIAL_SLOTS);
  /** Incarnation of that API server when it received the request; another one now = the connection broke. */
  incarnation = new Int32Array(INITIAL_SLOTS);
  /** Waiting so far by place [ns], {@link WAIT_PLACES} columns a slot. */
  private waits = new Float64Array(INITIAL_SLOTS * WAIT_PLACES);

  /** Level of priority and fairness that held it up or refused it, as its number in the wait ledger; -1 = none. */
  flowControlServer = new Int32Array(INITIAL_SLOTS);

  /** Version that the transaction would write; NO_VERSION = a deletion. Owned by the request until it is stored. */
  draft = new Int32Array(INITIAL_SLOTS);
  /** Mod revision on which the transaction is conditional; 0 = the key must not exist. */
  transactionRevision = new Float64Array(INITIAL_SLOTS);

  /** etcd lease that what the transaction writes is attached to, 0 = none. */
  lease = new Int32Array(INITIAL_SLOTS);

  /** Status code of the reply. */
  code = new Uint16Array(INITIAL_SLOTS);
  /** Version in the reply; held by the request until it is freed. */
  result = new Int32Array(INITIAL_SLOTS);
  /** Revision in the reply (of the object, or of the list). */
  resultRevision = new Float64Array(INITIAL_SLOTS);
  /** Retry-After of the reply [ns]. */
  retryAfter = new Float64Array(INITIAL_SLOTS);
  /** Size of the reply's body on the wire [B]. */
  replyBytes = new Float64Array(INITIAL_SLOTS);
  /** Objects that the API server looked at to answer a LIST: those of the index or of the resource. */
  scanned = new Int32Array(INITIAL_SLOTS);
  /** Bytes that the API server decoded of what etcd sent for a LIST [B]. */
  decodedBytes = new Float64Array(INITIAL_SLOTS);
  /** Memory that a LIST takes at the API server [B]. */
  memory = new Float64Array(INITIAL_SLOTS);

  /** Slots taken: requests of clients on their way, and of those the API servers' own. */
  inUse = 0;
  ownInUse = 0;

  /** A fresh slot with everything at rest. */
  allocate(verb: number, kind: Kind, key: ObjectKey): RequestId {
    let slot = this.free.pop();
    if (slot === undefined) {
      if (this.used === this.capacity) this.grow();
      slot = this.used++ as RequestId;
    }
    this.verb[slot] = verb;
    this.kind[slot] = kind;
    this.key[slot] = key;
    this.write[slot] = 0;
    this.expectedRevision[slot] = 0;
    this.expectedUid[slot] = 0;
    this.flags[slot] = 0;
    this.object[slot] = null;
    clearRow(this.payload, slot, PAYLOAD_NUMBERS);
    this.attempts[slot] = 0;
    this.retries[slot] = 0;
    this.server[slot] = -1;
    this.flowControlServer[slot] = -1;
    this.draft[slot] = NO_VERSION;
    this.result[slot] = NO_VERSION;
    this.resultRevision[slot] = 0;
    this.transactionRevision[slot] = 0;
    this.lease[slot] = 0;
    this.code[slot] = 0;
    this.retryAfter[slot] = 0;
    this.replyBytes[slot] = 0;
    this.scanned[slot] = 0;
    this.decodedBytes[slot] = 0;
    this.memory[slot] = 0;
    clearRow(this.waits, slot, WAIT_PLACES);
    this.inUse++;
    return slot;
  }

  /** A fresh slot for what an API server asks etcd on its own account; no client is told of the answer. */
  allocateOwn(verb: number, kind: Kind): RequestId {
    const slot = this.allocate(verb, kind, -1 as ObjectKey);
    this.client[slot] = NO_CLIENT;
    this.ownInUse++;
    return slot;
  }

  /** Whether an API server asks on its own account. */
  isOwn(request: RequestId): boolean {
    return this.client[request] === NO_CLIENT;
  }

  /** A fresh slot for the answer to a request whose own slot the API server still works with: what the client knows it by, and how long it waited. */
  standIn(request: RequestId): RequestId {
    const slot = this.allocate(
      this.verb[request] as number,
      this.kind[request] as Kind,
      this.key[request] as ObjectKey,
    );
    this.write[slot] = this.write[request] as number;
    this.flags[slot] = this.flags[request] as number;
    this.client[slot] = this.client[request] as number;
    this.reply[slot] = this.reply[request] as number;
    this.context[slot] = this.context[request] as number;
    this.issuedAt[slot] = this.issuedAt[request] as number;
    this.receivedAt[slot] = this.receivedAt[request] as number;
    this.attempts[slot] = this.attempts[request] as number;
    this.server[slot] = this.server[request] as number;
    this.incarnation[slot] = this.incarnation[request] as number;
    this.flowControlServer[slot] = this.flowControlServer[request] as number;
    for (let index = 0; index < PAYLOAD_NUMBERS; index++) this.setNumber(slot, index, this.number(request, index));
    for (let place = 0; place < WAIT_PLACES; place++) this.addWait(slot, place, this.waited(request, place));
    return slot;
  }

  /** Forgets what the API server has found out, before the client sends the request again. */
  renew(request: RequestId): void {
    this.code[request] = 0;
    this.retryAfter[request] = 0;
    this.retries[request] = 0;
    this.transactionRevision[request] = 0;
    this.replyBytes[request] = 0;
    this.scanned[request] = 0;
    this.decodedBytes[request] = 0;
    this.memory[request] = 0;
    const kept = ~(RequestFlag.Fresh | RequestFlag.HoldsPlace);
    this.flags[request] = (this.flags[request] as number) & kept;
  }

  /** Gives a slot back. Whoever calls it has released the versions it held. */
  release(request: RequestId): void {
    this.object[request] = null;
    this.free.push(request);
    this.inUse--;
    if (this.client[request] === NO_CLIENT) {
      this.client[request] = 0;
      this.ownInUse--;
    }
  }

  /** The `index`-th number of the message. */
  number(request: RequestId, index: number): number {
    return this.payload[request * PAYLOAD_NUMBERS + index] as number;
  }

  /** Sets the `index`-th number of the message. */
  setNumber(request: RequestId, index: number, value: number): void {
    this.payload[request * PAYLOAD_NUMBERS + index] = value;
  }

  /** Adds waiting time at a place. */
  addWait(request: RequestId, place: number, span: number): void {
    const index = request * WAIT_PLACES + place;
    this.waits[index] = (this.waits[index] as number) + span;
  }

  /** Waiting time at a place so far [ns]. */
  waited(request: RequestId, place: number): number {
    return this.waits[request * WAIT_PLACES + place] as number;
  }

  /** The version in the reply. */
  resultOf(request: RequestId): VersionHandle {
    return this.result[request] as VersionHandle;
  }

  private grow(): void {
    const capacity = this.capacity * 2;
    const bigger = <T extends Uint8Array | Uint16Array | Int32Array | Float64Array>(from: T, width = 1): T => {
      const to = new (from.constructor as new (length: number) => T)(capacity * width);
      to.set(from);
      return to;
    };
    this.verb = bigger(this.verb);
    this.kind = bigger(this.kind);
    this.write = bigger(this.write);
    this.key = bigger(this.key);
    this.expectedRevision = bigger(this.expectedRevision);
    this.expectedUid = bigger(this.expectedUid);
    this.flags = bigger(this.flags);
    this.payload = bigger(this.payload, PAYLOAD_NUMBERS);
    this.client = bigger(this.client);
    this.reply = bigger(this.reply);
    this.context = bigger(this.context);
    this.issuedAt = bigger(this.issuedAt);
    this.receivedAt = bigger(this.receivedAt);
    this.stageAt = bigger(this.stageAt);
    this.storeAt = bigger(this.storeAt);
    this.stageService = bigger(this.stageService);
    this.timeout = bigger(this.timeout);
    this.attempts = bigger(this.attempts);
    this.retries = bigger(this.retries);
    this.server = bigger(this.server);
    this.incarnation = bigger(this.incarnation);
    this.waits = bigger(this.waits, WAIT_PLACES);
    this.flowControlServer = bigger(this.flowControlServer);
    this.draft = bigger(this.draft);
    this.transactionRevision = bigger(this.transactionRevision);
    this.lease = bigger(this.lease);
    this.code = bigger(this.code);
    this.result = bigger(this.result);
    this.resultRevision = bigger(this.resultRevision);
    this.retryAfter = bigger(this.retryAfter);
    this.replyBytes = bigger(this.replyBytes);
    this.scanned = bigger(this.scanned);
    this.decodedBytes = bigger(this.decodedBytes);
    this.memory = bigger(this.memory);
    while (this.object.length < capacity) this.object.push(null);
    this.capacity = capacity;
  }
}

/** Zeros in the row of a slot; for so few numbers a loop is several times faster than the array's own fill. */
function clearRow(cells: Float64Array, slot: number, width: number): void {
  const first = slot * width;
  for (let i = 0; i < width; i++) cells[first + i] = 0;
}

/** Bits of a request. */
export const RequestFlag = {
  /** A read with resourceVersion "0": any version that the watch cache has will do. */
  FromCache: 1,
  /** A delete with gracePeriodSeconds 0: the object goes at once. */
  NoGrace: 2,
  /** The API server has read the object from etcd itself, so that its judgement is not on stale data. */
  Fresh: 4,
  /** The client writes and reads JSON; without it, protobuf. Custom resources are JSON in any case. */
  Json: 8,
  /** The client accepts gzip. */
  Gzip: 16,
  /** Its deadline has passed and the client was answered under another number: nobody waits for it, but the work on it goes on to the end of its stage. */
  Abandoned: 32,
  /** The API server computes for it now. */
  OnCpu: 64,
  /** It has a place in flow control, to be released. */
  HoldsPlace: 128,
} as const;
