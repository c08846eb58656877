/**
 * The event recorder: what components tell about objects, as Event objects. K:client-go/tools/record (event.go, events_cache.go).
 * Like events are counted up by PATCH; more than ten different messages of one kind about one object within ten minutes are merged into one;
 * a source may write 25 events about one object and then one in five minutes. One goroutine writes them, one after the other.
 */
import {
  type EventReason,
  eventReasonNumber,
  eventReasons,
  type Kind,
  kinds,
  type ObjectKey,
} from '../../cluster/index.ts';
import { type RequestId, StatusCode, writes } from '../api-machinery/index.ts';
import type { ApiClient } from './api-client.ts';
import type { ClientGo } from './client-go.ts';

/** Entries that the correlator remembers (events_cache.go: maxLruCacheEntries). */
const LRU_ENTRIES = 4096;
/** Factor that makes one number of a kind, a reason and a key. */
const KEY_FACTOR = 2 ** 32;

/** What was written about one object for one reason. */
interface Correlated {
  /** Start of the window in which messages are counted [ns]. */
  since: number;
  /** Different messages in the window. */
  messages: number;
  lastMessage: number;
  /** Key of the Event object that is counted up. */
  event: ObjectKey;
  count: number;
}

/** Tokens of one source about one object. */
interface SpamBucket {
  tokens: number;
  /** Instant up to which tokens were refilled [ns]. */
  at: number;
}

/** Replies of all recorders of a run. */
export interface EventRecorderReplies {
  readonly onWritten: number;
  /** Recorders by number. */
  readonly recorders: EventRecorder[];
}

/** Registers what recorders share; once per run. */
export function eventRecorderReplies(clientGo: ClientGo): EventRecorderReplies {
  const recorders: EventRecorder[] = [];
  const onWritten = clientGo.onReplyDo((request, recorder) => (recorders[recorder] as EventRecorder).written(request));
  return { onWritten, recorders };
}

/** One component's recorder. */
export class EventRecorder {
  private readonly clientGo: ClientGo;
  /** The client that it writes with. */
  readonly client: ApiClient;
  private readonly replies: EventRecorderReplies;
  private readonly index: number;
  private readonly correlated = new Map<number, Correlated>();
  private readonly spam = new Map<number, SpamBucket>();
  /** Events that wait to be written, encoded as (create ? reason : -count, event key) pairs, state. */
  private queue: number[] = [];
  private writing = false;
  /** Events dropped by the queue's bound or the spam filter, statistic. */
  dropped = 0;

  constructor(clientGo: ClientGo, client: ApiClient, replies: EventRecorderReplies) {
    this.clientGo = clientGo;
    this.client = client;
    this.replies = replies;
    this.index = replies.recorders.push(this) - 1;
  }

  /** Tells that `reason` happened to an object. `message` is any number that differs where the text would differ. */
  record(reason: EventReason, kind: Kind, key: ObjectKey, message = 0): void {
    const { parameters, simulation } = this.clientGo;
    const { now } = simulation;
    if (this.queue.length >= 2 * parameters.eventQueue) {
      this.dropped++;
      return;
    }
    const number = eventReasonNumber(reason);
    const entry = this.entryFor((kind * eventReasons.length + number) * KEY_FACTOR + key, now);
    const isNewMessage = entry.count === 0 || entry.lastMessage !== message;
    if (isNewMessage) entry.messages++;
    const combined = entry.messages >= parameters.eventAggregateMaximum;
    entry.lastMessage = message;
    const startsObject = entry.event < 0 || (isNewMessage && entry.messages <= parameters.eventAggregateMaximum);
    if (startsObject || !(combined || !isNewMessage)) {
      entry.count = 1;
      entry.event = -1 as ObjectKey;
    } else {
      entry.count++;
    }
    if (!this.mayWrite(kind * KEY_FACTOR + key, now)) {
      this.dropped++;
      return;
    }
    if (entry.event < 0) {
      entry.event = this.clientGo.tables.keysOf(kinds.events).generate('default', 'event');
      this.queue.push(number, entry.event);
    } else {
      this.queue.push(-entry.count, entry.event);
    }
    if (!this.writing) this.writeNext();
  }

  /** Entry of like events, a fresh one if the window has passed. */
  private entryFor(key: number, now: number): Correlated {
    const known = this.correlated.get(key);
    if (known !== undefined && now - known.since < this.clientGo.parameters.eventAggregateInterval) return known;
    const entry: Correlated = { since: now, messages: 0, lastMessage: 0, event: -1 as ObjectKey, count: 0 };
    this.correlated.delete(key);
    this.correlated.set(key, entry);
    trim(this.correlated);
    return entry;
  }

  private mayWrite(key: number, now: number): boolean {
    const { eventSpamBurst, eventSpamRefill } = this.clientGo.parameters;
    let bucket = this.spam.get(key);
    if (bucket === undefined) {
      bucket = { tokens: eventSpamBurst, at: now };
      this.spam.set(key, bucket);
      trim(this.spam);
    }
    bucket.tokens = Math.min(eventSpamBurst, bucket.tokens + (now - bucket.at) / eventSpamRefill);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  private writeNext(): void {
    if (this.queue.length === 0) {
      this.writing = false;
      return;
    }
    this.writing = true;
    const [what, event] = this.queue.splice(0, 2) as [number, ObjectKey];
    const request = this.client.write(what >= 0 ? writes.eventCreate : writes.eventPatch, event);
    this.clientGo.requests.setNumber(request, 0, Math.abs(what));
    this.client.send(request, this.replies.onWritten, this.index);
  }

  /** An event was written, or refused: the next one. */
  written(request: RequestId): void {
    if (this.clientGo.requests.code[request] === StatusCode.ConnectionBroken) this.dropped++;
    this.writeNext();
  }
}

/** Drops the oldest entry beyond the bound. */
function trim(map: Map<number, unknown>): void {
  if (map.size <= LRU_ENTRIES) return;
  map.delete(map.keys().next().value as number);
}
