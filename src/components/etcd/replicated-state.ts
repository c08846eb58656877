/**
 * The state machine that the entries of the log are applied to: the key space and the alarm. It is the same at every member, so it is computed once,
 * when the first member applies an index; the others only move on to it. What a member has seen is told by the index that it has applied: the
 * revision after it, the position in the key space's log, and the number of changes for watchers.
 */
import { NO_VERSION, type ObjectTables, type VersionHandle } from '../../cluster/index.ts';
import type { Requests } from '../api-machinery/index.ts';
import { type Change, type CommandState, type Keyspace, type Lessor, NO_LEASE, type SpaceAlarm } from './mvcc/index.ts';
import type { Operations } from './operations.ts';
import type { Proposal, Transaction } from './proposal.ts';
import type { Entry } from './raft/index.ts';
import { StoreOutcome } from './store-outcome.ts';

/** Rows at the start; doubled when full. */
const INITIAL_ROWS = 1024;
/** Numbers that are kept for each index. */
const COLUMNS = 3;
const REVISION = 0;
const POSITION = 1;
const CHANGES = 2;

/** What the state machine works on. */
export interface ReplicatedStateOptions {
  readonly tables: ObjectTables;
  readonly requests: Requests;
  readonly keyspace: Keyspace;
  readonly operations: Operations;
  readonly alarm: SpaceAlarm;
  readonly lessor: Lessor;
  readonly commands: CommandState;
  /** Told of every change. */
  readonly onChange: (change: Change) => void;
}

/** The key space as the log makes it. */
export class ReplicatedState {
  private readonly options: ReplicatedStateOptions;
  /** Last entry that was computed, state. */
  computed = 0;
  /** Changes so far, statistic: the end of the log of changes. */
  changes = 0;
  /** What there was after an entry, {@link COLUMNS} numbers for each index from {@link base} on, state. */
  private rows = new Float64Array(INITIAL_ROWS * COLUMNS);
  private base = 0;

  constructor(options: ReplicatedStateOptions) {
    this.options = options;
    this.note(0);
  }

  /** An object is stored before the run, without an entry: it is in the state as of the last index. */
  preloaded(): void {
    this.note(this.computed);
  }

  /** The state is another one, as of an index: what was computed before is void. */
  startOver(index: number): void {
    this.computed = index;
    this.note(index);
  }

  /** Computes an entry, unless a faster member had it before. */
  apply(entry: Entry<Proposal>): void {
    if (entry.index <= this.computed) return;
    const { payload } = entry;
    if (payload?.transaction !== undefined) this.compute(payload.transaction);
    else if (payload?.command !== undefined) {
      const { outcome, effects } = this.options.commands.execute(payload.command);
      payload.effects = effects;
      payload.commandOutcome = outcome;
    }
    this.computed = entry.index;
    this.note(entry.index);
  }

  /** Revision after an entry. */
  revisionAfter(index: number): number {
    return this.rows[this.row(index) + REVISION] as number;
  }

  /** End of the key space's log after an entry. */
  positionAfter(index: number): number {
    return this.rows[this.row(index) + POSITION] as number;
  }

  /** End of the log of changes after an entry. */
  changesAfter(index: number): number {
    return this.rows[this.row(index) + CHANGES] as number;
  }

  /** Nobody asks for what was before an entry any more. */
  forgetBefore(index: number): void {
    const drop = index - this.base;
    if (drop * 2 * COLUMNS < this.rows.length) return;
    this.rows.copyWithin(0, drop * COLUMNS);
    this.base = index;
  }

  /** A transaction that will write nothing gives its draft back. */
  giveUp(transaction: Transaction): void {
    if (transaction.draft === NO_VERSION) return;
    this.options.tables.of(transaction.kind).release(transaction.draft);
    transaction.draft = NO_VERSION;
  }

  /** A key changes, by a transaction or by the end of its lease. */
  onChange(change: Change): void {
    this.changes++;
    this.options.onChange(change);
  }

  private compute(transaction: Transaction): void {
    const { keyspace, tables, requests, operations, lessor } = this.options;
    const { kind, key, request, isDeletion } = transaction;
    const holds = keyspace.modRevision(kind, key) === transaction.expected;
    let result: VersionHandle;
    if (holds && !isDeletion) {
      const refusal = this.refusal(transaction);
      if (refusal !== StoreOutcome.Succeeded) {
        transaction.outcome = refusal;
        this.giveUp(transaction);
        return;
      }
    }
    if (holds) {
      const change = isDeletion ? keyspace.remove(kind, key) : keyspace.put(kind, transaction.draft);
      result = isDeletion ? change.previous : change.version;
      transaction.draft = NO_VERSION;
      if (isDeletion) lessor.detach(kind, key);
      else lessor.attach(transaction.lease, kind, key);
      this.onChange(change);
    } else {
      result = keyspace.current(kind, key);
      this.giveUp(transaction);
    }
    transaction.outcome = holds ? StoreOutcome.Succeeded : StoreOutcome.ConditionFailed;
    if (!operations.isOpen(request, transaction.serial)) return;
    // The key space has the draft; the request gets a hold of its own on what it wrote, deleted or found.
    requests.result[request] = result === NO_VERSION ? NO_VERSION : tables.of(kind).retain(result);
    requests.resultRevision[request] = keyspace.revision;
  }

  /** A put is refused while there is no space, and when its lease has ended meanwhile. */
  private refusal({ lease }: Transaction): number {
    const { alarm, lessor } = this.options;
    if (alarm.isRaised) return StoreOutcome.NoSpace;
    return lease === NO_LEASE || lessor.find(lease) !== undefined ? StoreOutcome.Succeeded : StoreOutcome.Unavailable;
  }

  private note(index: number): void {
    const { keyspace } = this.options;
    const row = (index - this.base) * COLUMNS;
    if (row >= this.rows.length) this.grow();
    this.rows[row + REVISION] = keyspace.revision;
    this.rows[row + POSITION] = keyspace.log.end;
    this.rows[row + CHANGES] = this.changes;
  }

  private row(index: number): number {
    return Math.max(0, index - this.base) * COLUMNS;
  }

  private grow(): void {
    const rows = new Float64Array(this.rows.length * 2);
    rows.set(this.rows);
    this.rows = rows;
  }
}
