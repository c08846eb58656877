/**
 * The event recorder: what components tell about objects, as Event objects. K:client-go/tools/record (event.go, events_cache.go).
 * The same event again is counted up by PATCH; from the tenth different message about one object for one reason on, with no pause of ten
 * minutes between them, all further ones are merged into one; a source may write 25 events about one object and then one in five minutes.
 * One goroutine writes them, one after the other.
 */

import {
  type EventReason,
  eventReasonNumber,
  eventReasons,
  type Kind,
  kinds,
  type ObjectKey,
} from '../../cluster/index.ts';
import type { EventType, KeyedStream } from '../../engine/index.ts';
import { nanoseconds } from '../../units/index.ts';
import { type RequestId, StatusCode, writes } from '../api-machinery/index.ts';
import type { ApiClient } from './api-client.ts';
import { BoundedMap } from './bounded-map.ts';
import type { ClientGo } from './client-go.ts';

/** Entries that the correlator remembers (events_cache.go: maxLruCacheEntries). */
const LRU_ENTRIES = 4096;
/** Bits of a key in a combined number that is still a small integer, which maps find several times faster than other numbers. */
const SMALL_KEY_BITS = 22;
/** Factor for keys beyond that. */
const LARGE_KEY_FACTOR = 2 ** 32;

/** One number of a class and a key. */
function combined(number: number, key: ObjectKey): number {
  // The two ranges do not meet: large ones begin above every small one.
  return key >>> SMALL_KEY_BITS === 0 ? (number << SMALL_KEY_BITS) | key : (number + 1) * LARGE_KEY_FACTOR + key;
}

/** One Event object that a recorder writes. */
interface Written {
  /** Its message; that of {@link Similar.combined} stands for many. */
  readonly message: number;
  /** Window in which its message was last met. */
  window: number;
  /** Key of the Event object, -1 = not created yet. */
  event: ObjectKey;
  count: number;
}

/** Events about one object for one reason, which differ by their messages only. */
interface Similar {
  /** When the latest one came [ns], and the number of the window that it belongs to. */
  last: number;
  window: number;
  /** Different messages in the window, fewer than the aggregation allows. */
  messages: number;
  readonly first: Written;
  /** Event objects of further messages. */
  others: Written[] | undefined;
  /** The one Event object for all messages beyond that. */
  combined: Written | undefined;
}

/** Tokens of one source about one object. */
interface SpamBucket {
  tokens: number;
  /** Instant up to which tokens were refilled [ns]. */
  at: number;
}

/** What all recorders of a run share. */
export interface EventRecorderReplies {
  readonly onWritten: number;
  readonly evRetry: EventType;
  readonly jitter: KeyedStream;
  /** Recorders by number. */
  readonly recorders: EventRecorder[];
}

/** Registers what recorders share; once per run. */
export function eventRecorderReplies(clientGo: ClientGo): EventRecorderReplies {
  const recorders: EventRecorder[] = [];
  return {
    onWritten: clientGo.onReplyDo((request, recorder) => (recorders[recorder] as EventRecorder).written(request)),
    evRetry: clientGo.simulation.on('client-go: event written again', (recorder) =>
      (recorders[recorder] as EventRecorder).write(),
    ),
    jitter: clientGo.simulation.streams.keyed('client-go.events'),
    recorders,
  };
}

/** One component's recorder. */
export class EventRecorder {
  private readonly clientGo: ClientGo;
  /** The client that it writes with. */
  readonly client: ApiClient;
  private readonly replies: EventRecorderReplies;
  private readonly index: number;
  /** By reason, kind and key of the object. */
  private readonly similar = new BoundedMap<Similar>(LRU_ENTRIES);
  private readonly spam = new BoundedMap<SpamBucket>(LRU_ENTRIES);
  /** Events that wait to be written, encoded as (create ? reason : -count, event key) pairs, the first one under way, state. Short: bounded. */
  private readonly queue: number[] = [];
  private writing = false;
  /** Attempts to write the first one, state. */
  private tries = 0;
  /** Whether a request is on its way, and whether it is one of a process that has ended since, state. */
  private isAsking = false;
  private isOrphaned = false;
  /** Events dropped by the queue's bound or the spam filter, or given up, statistic. */
  dropped = 0;

  constructor(clientGo: ClientGo, client: ApiClient, replies: EventRecorderReplies) {
    this.clientGo = clientGo;
    this.client = client;
    this.replies = replies;
    this.index = replies.recorders.push(this) - 1;
  }

  /** Tells that `reason` happened to an object. `message` is any number that differs where the text would differ. */
  record(reason: EventReason, kind: Kind, key: ObjectKey, message = 0): void {
    const { parameters, simulation, tables } = this.clientGo;
    const { now } = simulation;
    if (this.queue.length >= 2 * parameters.eventQueue) {
      this.dropped++;
      return;
    }
    const number = eventReasonNumber(reason);
    const event = this.aggregate(combined(kind * eventReasons.length + number, key), message, now);
    event.count++;
    if (!this.mayWrite(combined(kind, key), now)) {
      this.dropped++;
      return;
    }
    if (event.event < 0) {
      event.event = tables.keysOf(kinds.events).generate('default', 'event');
      this.queue.push(number, event.event);
    } else {
      this.queue.push(-event.count, event.event);
    }
    if (!this.writing) this.write();
  }

  /** The process has ended: what it knew and what waits is lost. */
  clear(): void {
    this.similar.clear();
    this.spam.clear();
    this.queue.length = 0;
    this.tries = 0;
    this.isOrphaned = this.isAsking;
  }

  // ---- correlation ---------------------------------------------------------------------------------------------------------------

  /** The Event object that tells of this one: its own, or the combined one if there were too many different messages (EventAggregate). */
  private aggregate(key: number, message: number, now: number): Written {
    const { eventAggregateInterval, eventAggregateMaximum } = this.clientGo.parameters;
    let similar = this.similar.get(key);
    if (similar === undefined) {
      similar = {
        last: now,
        window: 0,
        messages: 0,
        first: unwritten(message),
        others: undefined,
        combined: undefined,
      };
      this.similar.add(key, similar);
    } else if (now - similar.last > eventAggregateInterval) {
      similar.window++;
      similar.messages = 0;
    }
    similar.last = now;
    const known = findMessage(similar, message);
    if (known?.window === similar.window) return known;
    if (similar.messages + 1 >= eventAggregateMaximum) {
      similar.combined ??= unwritten(message);
      return similar.combined;
    }
    similar.messages++;
    const event = known ?? addMessage(similar, message);
    event.window = similar.window;
    return event;
  }

  /** The spam filter: a token bucket for each object. */
  private mayWrite(key: number, now: number): boolean {
    const { eventSpamBurst, eventSpamRefill } = this.clientGo.parameters;
    let bucket = this.spam.get(key);
    if (bucket === undefined) {
      bucket = { tokens: eventSpamBurst, at: now };
      this.spam.add(key, bucket);
    }
    bucket.tokens = Math.min(eventSpamBurst, bucket.tokens + (now - bucket.at) / eventSpamRefill);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  // ---- writing -------------------------------------------------------------------------------------------------------------------

  /** Writes the first event in line. Called by the recorders' own events too. */
  write(): void {
    const what = this.queue[0];
    const event = this.queue[1];
    if (what === undefined) {
      this.writing = false;
      return;
    }
    this.writing = true;
    this.isAsking = true;
    const request = this.client.write(what >= 0 ? writes.eventCreate : writes.eventPatch, event as ObjectKey);
    this.clientGo.requests.setNumber(request, 0, Math.abs(what));
    this.client.send(request, this.replies.onWritten, this.index);
  }

  /** An event was written, or refused: the next one. If the connection broke, the same one after a pause (recordToSink). */
  written(request: RequestId): void {
    const { requests, parameters, simulation } = this.clientGo;
    const broke = requests.code[request] === StatusCode.ConnectionBroken;
    this.isAsking = false;
    if (this.isOrphaned) {
      this.isOrphaned = false;
      this.write();
      return;
    }
    this.tries++;
    if (broke && this.tries < parameters.eventMaxTries) {
      const share = this.tries === 1 ? this.replies.jitter.uniform(this.index, this.clientGo.simulation.now) : 1;
      simulation.after(nanoseconds(parameters.eventRetryPause * share), this.replies.evRetry, this.index);
      return;
    }
    if (broke) this.dropped++;
    this.tries = 0;
    this.queue.shift();
    this.queue.shift();
    this.write();
  }
}

function unwritten(message: number): Written {
  return { message, window: -1, event: -1 as ObjectKey, count: 0 };
}

function findMessage({ first, others }: Similar, message: number): Written | undefined {
  return first.message === message ? first : others?.find((other) => other.message === message);
}

function addMessage(similar: Similar, message: number): Written {
  const event = unwritten(message);
  similar.others ??= [];
  similar.others.push(event);
  return event;
}
