/**
 * Entries of the log that are not transactions on API objects: compaction and its key, leases, the alarm. What they do to the key space is computed
 * once; what they do to a database, every member does to its own ({@link CommandEffects}).
 * E:server/etcdserver/apply; K:apiserver/pkg/storage/etcd3/compact.go (compact_rev_key), lease_manager.go.
 */
import { NO_VERSION } from '../../../cluster/index.ts';
import type { Nanoseconds } from '../../../units/index.ts';
import { StoreOutcome } from '../store-outcome.ts';
import type { CompactionPlan } from './compaction-plan.ts';
import type { ElementSize } from './element-size.ts';
import type { Change, Keyspace } from './keyspace.ts';
import type { Lessor } from './lessor.ts';
import type { MemberStore } from './member-store.ts';
import type { SpaceAlarm } from './quota.ts';
import { NO_KIND } from './revision-log.ts';

/** Puts `revision` into compact_rev_key if its version is `version`; says what is there otherwise. */
export interface PutCompactRevision {
  readonly type: 'putCompactRevision';
  readonly version: number;
  readonly revision: number;
  /** Version that the key has after it, and the store's revision: the answer. */
  foundVersion: number;
  revisionAfter: number;
}

/** Drops history up to a revision. */
export interface Compact {
  readonly type: 'compact';
  readonly revision: number;
}

/** Makes a lease; its id is the answer. */
export interface GrantLease {
  readonly type: 'grantLease';
  readonly life: Nanoseconds;
  lease: number;
}

/** Ends a lease and deletes what is attached to it. */
export interface RevokeLease {
  readonly type: 'revokeLease';
  readonly lease: number;
}

/** A member has no space left by its quota. */
export interface RaiseAlarm {
  readonly type: 'raiseAlarm';
  readonly member: number;
}

/** The operator has made space. */
export interface DisarmAlarm {
  readonly type: 'disarmAlarm';
}

/** Any of them. */
export type Command = PutCompactRevision | Compact | GrantLease | RevokeLease | RaiseAlarm | DisarmAlarm;

/** What a command does to the database of every member. */
export interface CommandEffects {
  /** Position of the first revision that it appends, and the bytes of each. */
  readonly position: number;
  readonly bytes: readonly number[];
  /** A change of the lease bucket. */
  readonly lease: 'none' | 'granted' | 'revoked';
  readonly plan: CompactionPlan | undefined;
  /** Keys in the index when it was applied. */
  readonly keys: number;
}

/** Bytes of a command's entry in the log. */
export const COMMAND_BYTES = 60;

/** Does to a member's database what a command does. */
export function applyEffects(effects: CommandEffects, store: MemberStore): void {
  effects.bytes.forEach((bytes, i) => {
    store.append(effects.position + i, bytes);
  });
  if (effects.lease !== 'none') store.changeLease(effects.lease === 'revoked');
  if (effects.plan !== undefined) store.compact(effects.plan, effects.keys);
}

/** What commands work on. */
export interface CommandStateOptions {
  readonly keyspace: Keyspace;
  readonly sizeOf: ElementSize;
  readonly lessor: Lessor;
  readonly alarm: SpaceAlarm;
  /** Told of every deletion by a lease. */
  readonly onChange: (change: Change) => void;
}

/** The state that commands change. */
export class CommandState {
  private readonly options: CommandStateOptions;
  /** Version of compact_rev_key, state. */
  private version = 0;

  constructor(options: CommandStateOptions) {
    this.options = options;
  }

  /** Computes a command; returns its outcome and what it does to databases. Answers are written into the command. */
  execute(command: Command): { outcome: number; effects: CommandEffects } {
    const { keyspace, lessor, alarm } = this.options;
    const position = keyspace.log.end;
    const effects = { position, bytes: [], lease: 'none', plan: undefined, keys: keyspace.objectCount } as const;
    switch (command.type) {
      case 'putCompactRevision':
        return this.putCompactRevision(command, effects);
      case 'compact': {
        const plan = keyspace.compact(command.revision);
        const outcome = plan === undefined ? StoreOutcome.Compacted : StoreOutcome.Succeeded;
        return { outcome, effects: { ...effects, plan } };
      }
      case 'grantLease':
        if (alarm.isRaised) return { outcome: StoreOutcome.NoSpace, effects };
        command.lease = lessor.grant(command.life);
        return { outcome: StoreOutcome.Succeeded, effects: { ...effects, lease: 'granted' } };
      case 'revokeLease':
        return this.revoke(command.lease, effects);
      case 'raiseAlarm':
        alarm.raise(command.member);
        break;
      case 'disarmAlarm':
        alarm.disarm();
        break;
    }
    return { outcome: StoreOutcome.Succeeded, effects };
  }

  /** The transaction of an API server on compact_rev_key. */
  private putCompactRevision(command: PutCompactRevision, effects: CommandEffects) {
    const { keyspace, alarm, sizeOf } = this.options;
    if (alarm.isRaised) return { outcome: StoreOutcome.NoSpace, effects };
    const holds = command.version === this.version;
    const bytes: number[] = [];
    if (holds) {
      this.version++;
      keyspace.putCompactRevision();
      bytes.push(sizeOf(NO_KIND, NO_VERSION));
    }
    command.foundVersion = this.version;
    command.revisionAfter = keyspace.revision;
    return { outcome: holds ? StoreOutcome.Succeeded : StoreOutcome.ConditionFailed, effects: { ...effects, bytes } };
  }

  /** All keys of a lease are deleted in one transaction. */
  private revoke(lease: number, effects: CommandEffects) {
    const { keyspace, lessor, sizeOf, onChange } = this.options;
    const bytes: number[] = [];
    const isKnown = lessor.find(lease) !== undefined;
    keyspace.begin();
    lessor.revoke(lease, (kind, key) => {
      // A snapshot that was restored may not have it.
      if (keyspace.current(kind, key) === NO_VERSION) return;
      const change = keyspace.remove(kind, key);
      bytes.push(sizeOf(kind, change.version));
      onChange(change);
    });
    keyspace.end();
    const outcome: number = StoreOutcome.Succeeded;
    return { outcome, effects: { ...effects, bytes, lease: isKnown ? ('revoked' as const) : ('none' as const) } };
  }
}
