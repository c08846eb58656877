/**
 * Is a history of operations on a store linearizable? Each key is a register with a mod revision that is written on condition; keys are independent, so
 * they are searched one by one (P. B. Gibbons, E. Korach: Testing shared memories; J. M. Wing, C. Gong: Testing and verifying concurrent objects, with
 * G. Lowe's memory of configurations that were seen). Revisions belong to the store as a whole: no two writes share one, and they follow real time.
 */

/** One operation on one key, as its client saw it. */
export interface Operation {
  readonly id: number;
  readonly client: number;
  readonly key: number;
  /** A look is a serializable read: of what a member has applied, however old; it is no part of the order. */
  readonly type: 'put' | 'delete' | 'get' | 'look';
  /** Mod revision on which a write is conditional; 0 = the key must not exist. */
  readonly expected: number;
  /** What a put writes; no two write the same. */
  readonly value: number;
  readonly invokedAt: number;
  /** Infinity if the outcome never became known. */
  answeredAt: number;
  outcome: 'succeeded' | 'conditionFailed' | 'unknown';
  /** What was read, written, or stood against the condition: its value and its mod revision, both 0 if there was nothing. */
  seenValue: number;
  seenRevision: number;
  /** Revision of the store in the answer; of a write that succeeded, its own. */
  storeRevision: number;
}

/** A register: what it holds and since which revision; an unknown revision is -1. */
interface Register {
  readonly value: number;
  readonly revision: number;
}

const MISSING: Register = { value: 0, revision: 0 };

/** Why a history is not linearizable; empty if it is. */
export function violations(history: readonly Operation[]): string[] {
  const found: string[] = [];
  const revisionOf = revisionsOfValues(history, found);
  found.push(...revisionViolations(history, revisionOf), ...snapshotViolations(history, revisionOf));
  for (const key of new Set(history.map((operation) => operation.key))) {
    const operations = history.filter((operation) => operation.key === key);
    if (!isLinearizable(operations, revisionOf)) found.push(`no order explains what was seen of key ${key}`);
  }
  return found;
}

/** At which revision each value was written, as everybody has seen it. */
function revisionsOfValues(history: readonly Operation[], found: string[]): Map<number, number> {
  const revisions = new Map<number, number>();
  for (const { outcome, seenValue, seenRevision } of history) {
    if (outcome === 'unknown' || seenValue === 0) continue;
    const known = revisions.get(seenValue);
    if (known !== undefined && known !== seenRevision)
      found.push(`value ${seenValue} has revisions ${known} and ${seenRevision}`);
    revisions.set(seenValue, seenRevision);
  }
  return revisions;
}

/** Revisions are given once, and in the order of real time; what is read is not older than what was answered before. */
function revisionViolations(history: readonly Operation[], revisionOf: ReadonlyMap<number, number>): string[] {
  const found: string[] = [];
  const writers = new Map<number, string>();
  const claim = (revision: number, writer: string) => {
    const other = writers.get(revision);
    if (other !== undefined && other !== writer) found.push(`${other} and ${writer} both have revision ${revision}`);
    writers.set(revision, writer);
  };
  for (const [value, revision] of revisionOf) claim(revision, `the write of ${value}`);
  for (const { type, outcome, storeRevision, id } of history) {
    if (type === 'delete' && outcome === 'succeeded') claim(storeRevision, `deletion ${id}`);
  }
  const answered = history.filter(({ outcome, type }) => outcome !== 'unknown' && type !== 'look');
  const byAnswer = [...answered].sort((a, b) => a.answeredAt - b.answeredAt);
  let latest = 0;
  let next = 0;
  for (const operation of [...answered].sort((a, b) => a.invokedAt - b.invokedAt)) {
    for (; (byAnswer[next] as Operation).answeredAt < operation.invokedAt; next++) {
      latest = Math.max(latest, (byAnswer[next] as Operation).storeRevision);
    }
    const isNew = operation.outcome === 'succeeded' && operation.type !== 'get';
    if (operation.storeRevision < latest || (isNew && operation.storeRevision === latest)) {
      found.push(
        `operation ${operation.id} is at revision ${operation.storeRevision}, but ${latest} was answered before it began`,
      );
    }
  }
  return found;
}

/** Every answer, also a look, is of the store as it was at the revision that it names: of what is known to have been written, nothing is left out. */
function snapshotViolations(history: readonly Operation[], revisionOf: ReadonlyMap<number, number>): string[] {
  const found: string[] = [];
  for (const { id, key, type, outcome, seenValue, seenRevision, storeRevision, answeredAt } of history) {
    if (outcome === 'unknown' || (type === 'delete' && outcome === 'succeeded')) continue;
    let latest = MISSING;
    let mayBeDeleted = false;
    for (const other of history) {
      if (other.key !== key || (other.type !== 'put' && other.type !== 'delete')) continue;
      if (other.value === seenValue && other.value !== 0 && other.invokedAt > answeredAt)
        found.push(`operation ${id} sees what is written later`);
      if (other.type === 'delete' && other.outcome === 'unknown') mayBeDeleted = true;
      const isDeletion = other.type === 'delete' && other.outcome === 'succeeded';
      const revision = isDeletion ? other.storeRevision : (revisionOf.get(other.value) ?? 0);
      if (revision > latest.revision && revision <= storeRevision) latest = { value: other.value, revision };
    }
    const isSeen =
      latest.value === 0 ? seenValue === 0 : latest.value === seenValue && latest.revision === seenRevision;
    if (!isSeen && !(mayBeDeleted && seenValue === 0)) {
      found.push(`operation ${id} sees ${seenValue} at revision ${storeRevision}, when there was ${latest.value}`);
    }
  }
  return found;
}

/** Whether some order of the operations on one key, within their times, explains all answers. */
export function isLinearizable(operations: readonly Operation[], revisionOf: ReadonlyMap<number, number>): boolean {
  const seen = new Set(operations.filter(({ outcome }) => outcome !== 'unknown').map(({ seenValue }) => seenValue));
  // A read without answer says nothing; nor does a write without answer that nobody saw the value of: it may be last, or never.
  const relevant = operations
    .filter(({ type }) => type !== 'look')
    .filter(
      ({ outcome, type, value }) => outcome !== 'unknown' || type === 'delete' || (type === 'put' && seen.has(value)),
    )
    .sort((a, b) => a.invokedAt - b.invokedAt);
  return new Search(relevant, revisionOf).succeeds();
}

/** The search for an order: depth first, with a memory of what has failed. */
class Search {
  private readonly operations: readonly Operation[];
  private readonly revisionOf: ReadonlyMap<number, number>;
  /** Which operations were put in order, and what the register then held, of configurations that lead nowhere. */
  private readonly failed = new Set<string>();
  private readonly isDone: boolean[];
  /** Operations that have to be put in order yet. */
  private remaining: number;

  constructor(operations: readonly Operation[], revisionOf: ReadonlyMap<number, number>) {
    this.operations = operations;
    this.revisionOf = revisionOf;
    this.isDone = operations.map(() => false);
    this.remaining = operations.filter(({ outcome }) => outcome !== 'unknown').length;
  }

  succeeds(register: Register = MISSING): boolean {
    if (this.remaining === 0) return true;
    const configuration = `${this.isDone.map(Number).join('')}|${register.value}|${register.revision}`;
    if (this.failed.has(configuration)) return false;
    for (const index of this.candidates()) {
      const operation = this.operations[index] as Operation;
      const after = this.after(operation, register);
      if (after === undefined) continue;
      const counts = operation.outcome === 'unknown' ? 0 : 1;
      this.isDone[index] = true;
      this.remaining -= counts;
      if (this.succeeds(after)) return true;
      this.isDone[index] = false;
      this.remaining += counts;
    }
    this.failed.add(configuration);
    return false;
  }

  /** Operations that may be next: none that is left was answered before they began. */
  private candidates(): number[] {
    let earliestAnswer = Number.POSITIVE_INFINITY;
    const open: number[] = [];
    for (let index = 0; index < this.operations.length; index++) {
      const operation = this.operations[index] as Operation;
      if (this.isDone[index] === true) continue;
      if (operation.invokedAt > earliestAnswer) break;
      earliestAnswer = Math.min(earliestAnswer, operation.answeredAt);
      open.push(index);
    }
    return open.filter((index) => (this.operations[index] as Operation).invokedAt <= earliestAnswer);
  }

  /** The register after an operation; undefined if its answer does not fit. */
  private after(operation: Operation, register: Register): Register | undefined {
    const { type, outcome, expected, value, seenValue, seenRevision } = operation;
    const holds = register.revision === expected;
    const sees = register.value === seenValue && register.revision === seenRevision;
    if (type === 'get') return sees ? register : undefined;
    if (outcome === 'conditionFailed') return !holds && sees ? register : undefined;
    if (!holds) return undefined;
    if (type === 'delete') return MISSING;
    const revision = this.revisionOf.get(value) ?? -1;
    return revision > register.revision ? { value, revision } : undefined;
  }
}
