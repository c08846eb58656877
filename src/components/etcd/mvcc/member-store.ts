/**
 * The database of one member in time: commits every 100 ms, at 10,000 operations, or at once after a delete from a bucket; compactions in batches with
 * pauses; defragmentation. Whatever holds the batch lock holds up the member's apply loop.
 * E:server/storage/backend/{backend,batch_tx}.go, server/storage/mvcc/kvstore_compaction.go.
 *
 * Left out: the read buffer's hand-over at the end of a commit, which holds up readers for microseconds.
 */
import type { EventType, Simulation, ValuesOf } from '../../../engine/index.ts';
import type { CounterSeries, HistogramSeries, MetricRecorder } from '../../../metrics/index.ts';
import { type Nanoseconds, NS_PER_SECOND, nanoseconds, plus, type SimTime } from '../../../units/index.ts';
import type { backendParameters } from './backend.parameters.ts';
import { Backend, sweepOf } from './backend.ts';
import type { CompactionPlan } from './compaction-plan.ts';
import type { mvccParameters } from './mvcc.parameters.ts';
import { PAGE_BYTES, type Sweep } from './page-tree.ts';

/** Parameters that it reads. */
export type StoreParameters = ValuesOf<typeof backendParameters> & ValuesOf<typeof mvccParameters>;

/** What a member gives its store. */
export interface MemberStoreOptions {
  readonly simulation: Simulation;
  readonly parameters: StoreParameters;
  readonly recorder: MetricRecorder;
  /** "etcd 0". */
  readonly name: string;
  /** Has the apply loop do something in its turn, for a span that is decided then; `done` is called at its end. */
  readonly occupy: (span: () => Nanoseconds, done?: () => void) => void;
  /** Length of a write of so many bytes and its sync on the member's disk, begun now [ns]. */
  readonly sync: (bytes: number) => number;
  /** Takes CPU of the member's host that nobody but the loop waits for [ns]. */
  readonly charge: (cpu: number) => void;
}

/** A compaction that a member has to carry out. */
interface Compaction {
  readonly plan: CompactionPlan;
  readonly keys: number;
  readonly sweep: Sweep;
  startedAt: number;
}

/** The store of one member. */
export class MemberStore {
  readonly backend = new Backend();
  /** Until when the member serves nothing because its database is being copied [ns], state. */
  blockedUntil = 0 as SimTime;
  /** Whether a commit waits for its turn in the apply loop, state. */
  private isCommitDue = false;
  /** Raft index of the last entry applied, and of the last one that a commit holds, state. */
  private appliedIndex = 0;
  private committedIndex = 0;
  private readonly options: MemberStoreOptions;
  private readonly evCommit: EventType;
  private readonly evCompact: EventType;
  /** Whether the process runs; its life: events of an earlier one are void, state. */
  private isRunning = true;
  private life = 1;
  /** When the commit timer last ran out, and whether it is set, state. */
  private timerAt = 0;
  private isTimerSet = false;
  /** Compactions that are not done, the first in progress, state. */
  private readonly compactions: Compaction[] = [];
  private readonly commitSeconds: HistogramSeries;
  private readonly compactedKeys: CounterSeries;
  private readonly compactionSeconds: HistogramSeries;

  constructor(options: MemberStoreOptions) {
    const { simulation, recorder, name } = options;
    this.options = options;
    this.evCommit = simulation.on(`${name}: backend commit`, (life) => this.onCommitTimer(life));
    this.evCompact = simulation.on(`${name}: compaction batch`, (life) => this.onCompactionBatch(life));
    this.commitSeconds = recorder.histogram('etcd_disk_backend_commit_duration_seconds');
    this.compactedKeys = recorder.counter('etcd_debugging_mvcc_db_compaction_keys_total');
    this.compactionSeconds = recorder.histogram('plimsoll_etcd_compaction_duration_seconds');
    simulation.addInvariantCheck(name, () => this.checkInvariants());
  }

  // ---- what the apply loop does ------------------------------------------------------------------------------------------------------

  /** A modification of the entry that is being applied: position in the key space's log, bytes of the element. */
  append(position: number, bytes: number): void {
    this.backend.append(position, bytes);
  }

  /** The entry that is being applied granted a lease, or took one out of its bucket, which is committed at once. */
  changeLease(isDelete: boolean): void {
    this.backend.touchOther(isDelete);
  }

  /** An entry is applied: commits if the batch is full or must not wait. */
  entryApplied(index: number): void {
    const { backend } = this;
    this.appliedIndex = index;
    if (backend.operations === 0 || this.isCommitDue) return;
    if (backend.mustCommit || backend.operations >= this.options.parameters.backendBatchLimit) this.planCommit();
    else if (!this.isTimerSet) this.setTimer();
  }

  /** A snapshot of the raft log is noted, for which what is applied must be in the file: commits in the next turn of the apply loop. */
  commitNow(): void {
    if (this.backend.operations > 0 && !this.isCommitDue) this.planCommit();
  }

  /** Carries a compaction out; `keys` are in the index. */
  compact(plan: CompactionPlan, keys: number): void {
    this.compactions.push({ plan, keys, sweep: sweepOf(plan), startedAt: -1 });
    if (this.compactions.length === 1) this.startCompaction();
  }

  // ---- what operators and faults do --------------------------------------------------------------------------------------------------

  /** Copies the live revisions into a fresh file, in the turn of the apply loop; nothing is served meanwhile. `done` is called at the end. */
  defragment(done: () => void): void {
    const { simulation, parameters, occupy } = this.options;
    occupy(() => {
      const committing = this.backend.operations > 0 ? this.commit() : 0;
      this.backend.defragment();
      const copying = (this.backend.size / parameters.defragmentBytesPerSecond) * NS_PER_SECOND;
      const span = nanoseconds(committing + parameters.defragmentBase + copying);
      this.blockedUntil = plus(simulation.now, span);
      return span;
    }, done);
  }

  /** Whether a compaction is in progress. */
  get isCompacting(): boolean {
    return this.compactions.length > 0;
  }

  /** The process ends; returns the raft index behind which entries are applied again when it is back. */
  crash(): number {
    this.isRunning = false;
    this.isTimerSet = false;
    this.isCommitDue = false;
    this.life++;
    this.appliedIndex = this.committedIndex;
    return this.committedIndex;
  }

  /** The process runs again; a compaction that was not finished is taken up. */
  restart(): void {
    this.isRunning = true;
    this.timerAt = this.options.simulation.now;
    this.blockedUntil = this.options.simulation.now;
    if (this.compactions.length > 0) this.startCompaction();
  }

  /** The member's database is made anew, as of raft index `index`: nothing of what was in it, or was to be done, is left. */
  startEmpty(index: number): void {
    this.backend.startEmpty();
    this.appliedIndex = index;
    this.committedIndex = index;
    this.compactions.length = 0;
  }

  /** Takes the database of another member over, as of raft index `index`: a snapshot. Unfinished compactions of the other are taken up. */
  copyFrom(other: MemberStore, index: number): void {
    this.backend.copyFrom(other.backend);
    this.appliedIndex = index;
    this.committedIndex = index;
    this.life++;
    this.isTimerSet = false;
    this.isCommitDue = false;
    this.compactions.length = 0;
    for (const { plan, keys, sweep } of other.compactions) {
      this.compactions.push({ plan, keys, sweep: { ...sweep }, startedAt: -1 });
    }
    if (this.isRunning && this.compactions.length > 0) this.startCompaction();
  }

  // ---- commits ---------------------------------------------------------------------------------------------------------------------

  /** The timer runs at a steady beat; it is only set while something is pending. */
  private setTimer(): void {
    const { simulation, parameters } = this.options;
    // It begins anew at the end of a commit, which may lie ahead.
    const beats = Math.max(1, Math.floor((simulation.now - this.timerAt) / parameters.backendBatchInterval) + 1);
    this.timerAt += beats * parameters.backendBatchInterval;
    this.isTimerSet = true;
    simulation.at(this.timerAt as SimTime, this.evCommit, this.life);
  }

  private onCommitTimer(life: number): void {
    if (life !== this.life || !this.isRunning) return;
    this.isTimerSet = false;
    if (this.backend.operations > 0 && !this.isCommitDue) this.planCommit();
  }

  /** A commit in the turn of the apply loop; the timer begins anew when it is done. */
  private planCommit(): void {
    const { simulation, occupy } = this.options;
    this.isCommitDue = true;
    occupy(() => {
      const span = this.commit();
      this.timerAt = simulation.now + span;
      return span;
    });
  }

  /** Commits; returns how long it takes. */
  private commit(): Nanoseconds {
    const { parameters, sync, charge } = this.options;
    const { operations } = this.backend;
    const pages = this.backend.commit();
    const own = parameters.backendCommitPerPage * pages + parameters.backendCommitPerOperation * operations;
    charge(own);
    const span = nanoseconds(own + sync(pages * PAGE_BYTES) + sync(PAGE_BYTES));
    this.isCommitDue = false;
    this.committedIndex = this.appliedIndex;
    this.commitSeconds.recordSpan(span);
    return span;
  }

  // ---- compaction ------------------------------------------------------------------------------------------------------------------

  /** The index is compacted first, with its lock held; then the database, batch by batch. */
  private startCompaction(): void {
    const { simulation, parameters, occupy } = this.options;
    const first = this.compactions[0] as Compaction;
    if (first.startedAt < 0) first.startedAt = simulation.now;
    occupy(
      () => nanoseconds(first.keys * parameters.compactionPerKey),
      () => this.occupyForBatch(),
    );
  }

  private onCompactionBatch(life: number): void {
    if (life === this.life && this.isRunning) this.occupyForBatch();
  }

  /** One batch under the batch lock: looks, deletes, and commits what it has deleted. */
  private occupyForBatch(): void {
    const { simulation, parameters, occupy } = this.options;
    const { sweep } = this.compactions[0] as Compaction;
    let isDone = false;
    occupy(
      () => {
        const { scanned, deleted } = sweep;
        isDone = this.backend.compactBatch(sweep, parameters.compactionBatchLimit);
        this.compactedKeys.add(sweep.deleted - deleted);
        const scan = (sweep.scanned - scanned) * parameters.compactionPerRevision;
        if (this.backend.mustCommit) return nanoseconds(scan + this.commit());
        if (this.backend.operations > 0 && !this.isTimerSet) this.setTimer();
        return nanoseconds(scan);
      },
      () => {
        if (isDone) this.endCompaction();
        else simulation.after(parameters.compactionSleep, this.evCompact, this.life);
      },
    );
  }

  private endCompaction(): void {
    const { startedAt } = this.compactions.shift() as Compaction;
    this.compactionSeconds.recordSpan(nanoseconds(this.options.simulation.now - startedAt));
    if (this.compactions.length > 0) this.startCompaction();
  }

  private checkInvariants(): void {
    const simulation: Simulation = this.options.simulation;
    const fault = this.backend.fault();
    simulation.invariant(fault === undefined, this.options.name, fault ?? '');
  }
}
