/**
 * Immutable object versions as typed columns: one row per revision of an object, its numbers side by side (a version is read and copied as a whole). There is no "current" row here; only the store maps a key
 * to its newest version, and every cache, log entry and message holds a handle of its own. Rows are counted: whoever keeps a handle retains
 * it and releases it; a row is free for reuse once nobody holds it, and handles carry a generation, so that a stale one is found out.
 */
import type { Kind } from './kinds.ts';
import type { ObjectKey } from './object-keys.ts';

declare const handleBrand: unique symbol;
/** A version: row number in the low {@link INDEX_BITS} bits, generation of the row above. */
export type VersionHandle = number & { readonly [handleBrand]: 'VersionHandle' };

/** No version. */
export const NO_VERSION = -1 as VersionHandle;

/** Bits of a handle that number the row: 8.4 million live rows per kind. */
const INDEX_BITS = 23;
/** Mask of those bits. */
export const INDEX_MASK = (1 << INDEX_BITS) - 1;
/** Generations before they repeat; the handle stays a positive 31-bit integer. */
const GENERATIONS = 1 << (31 - INDEX_BITS);
/** Rows at the start; doubled when full. */
const INITIAL_ROWS = 64;

/** Numbers of all rows of a table, one row after the other: what belongs to one version lies side by side in memory. */
class NumberCells {
  /** `stride` doubles a row; exact for integers below 2^53. */
  cells = new Float64Array(0);
  /** Columns. */
  stride = 0;
}

/** A column of numbers: revisions, instants, bytes, keys, flags. */
export class NumberColumn {
  private readonly numbers: NumberCells;
  private readonly offset: number;

  constructor(numbers: NumberCells, offset: number) {
    this.numbers = numbers;
    this.offset = offset;
  }

  get(handle: VersionHandle): number {
    const { numbers } = this;
    return numbers.cells[(handle & INDEX_MASK) * numbers.stride + this.offset] as number;
  }

  set(handle: VersionHandle, value: number): void {
    const { numbers } = this;
    numbers.cells[(handle & INDEX_MASK) * numbers.stride + this.offset] = value;
  }
}

/** A column of references to immutable values: templates, lists of endpoints, taints. */
export class ReferenceColumn<T> {
  /** One value per row, read by handle through {@link get}. */
  readonly values: T[] = [];
  private readonly initial: T;

  constructor(initial: T) {
    this.initial = initial;
    this.grow(INITIAL_ROWS);
  }

  get(handle: VersionHandle): T {
    return this.values[handle & INDEX_MASK] as T;
  }

  set(handle: VersionHandle, value: T): void {
    this.values[handle & INDEX_MASK] = value;
  }

  grow(rows: number): void {
    while (this.values.length < rows) this.values.push(this.initial);
  }

  copy(from: number, to: number): void {
    this.values[to] = this.values[from] as T;
  }

  clear(row: number): void {
    this.values[row] = this.initial;
  }
}

/** All versions of the objects of one kind. Kinds add their own columns in a subclass. */
export class VersionTable {
  readonly kind: Kind;
  private readonly numbers = new NumberCells();
  /** Initial values of the number columns, in their order: a blank row. */
  private readonly blank: number[] = [];
  private readonly references: ReferenceColumn<unknown>[] = [];
  /** Holders of each row; 0 = free. */
  private holders = new Int32Array(INITIAL_ROWS);
  /** Generation of each row, raised whenever the row is freed. */
  private generations = new Uint16Array(INITIAL_ROWS);
  /** Free rows, used last in, first out. */
  private readonly free: number[] = [];
  /** Rows ever used. */
  private used = 0;
  private rows = INITIAL_ROWS;
  /** Rows held by anybody [count], statistic. */
  live = 0;

  /** Key of the object. */
  readonly key: NumberColumn = this.number(-1);
  /** Identity of the object: an object deleted and created again under the same name has another one. */
  readonly uid: NumberColumn = this.number(0);
  /** Revision of the store at which this version was written (resourceVersion); 0 before it is written. */
  readonly revision: NumberColumn = this.number(0);
  /** Serialised size in the store [B]. */
  readonly bytes: NumberColumn = this.number(0);
  /** creationTimestamp [ns]. */
  readonly createdAt: NumberColumn = this.number(0);
  /** deletionTimestamp [ns], -1 = not being deleted. */
  readonly deletedAt: NumberColumn = this.number(-1);
  /** metadata.finalizers as bits, one for each name: an object that is being deleted stays until it has none. */
  readonly finalizers: NumberColumn = this.number(0);
  /** Key of the controlling owner within the kind that owns this kind, -1 = none. */
  readonly owner: NumberColumn = this.number(-1);

  constructor(kind: Kind) {
    this.kind = kind;
  }

  /** Adds a column of numbers; before the first version is made. */
  protected number(initial: number): NumberColumn {
    this.blank.push(initial);
    return new NumberColumn(this.numbers, this.numbers.stride++);
  }

  /** Adds a column of references to immutable values. */
  protected reference<T>(initial: T): ReferenceColumn<T> {
    const column = new ReferenceColumn<T>(initial);
    this.references.push(column as ReferenceColumn<unknown>);
    return column;
  }

  /** A fresh version of the object `key`, all columns at their initial values, held once by the caller. */
  allocate(key: ObjectKey): VersionHandle {
    const row = this.takeRow();
    const { cells, stride } = this.numbers;
    const base = row * stride;
    for (let i = 0; i < stride; i++) cells[base + i] = this.blank[i] as number;
    const handle = this.handleOf(row);
    this.key.set(handle, key);
    return handle;
  }

  /** A copy of a version to be changed into the next one, held once by the caller. Its revision is 0 until it is written. */
  copy(from: VersionHandle): VersionHandle {
    const source = this.row(from);
    const row = this.takeRow();
    const { cells, stride } = this.numbers;
    const to = row * stride;
    const start = source * stride;
    for (let i = 0; i < stride; i++) cells[to + i] = cells[start + i] as number;
    for (const column of this.references) column.copy(source, row);
    const handle = this.handleOf(row);
    this.revision.set(handle, 0);
    return handle;
  }

  /** Keeps a version; returns it. */
  retain(handle: VersionHandle): VersionHandle {
    const row = this.row(handle);
    this.holders[row] = (this.holders[row] as number) + 1;
    return handle;
  }

  /** Gives a version up; its row is free once nobody holds it. */
  release(handle: VersionHandle): void {
    const row = this.row(handle);
    const left = (this.holders[row] as number) - 1;
    this.holders[row] = left;
    if (left > 0) return;
    this.generations[row] = ((this.generations[row] as number) + 1) % GENERATIONS;
    for (const column of this.references) column.clear(row);
    this.free.push(row);
    this.live--;
  }

  /** Whether somebody holds this version. */
  isLive(handle: VersionHandle): boolean {
    const row = handle & INDEX_MASK;
    return handle >= 0 && handle >>> INDEX_BITS === this.generations[row] && (this.holders[row] as number) > 0;
  }

  /** Row of a live version. Throws if the handle is stale: somebody read a version that it did not hold. */
  private row(handle: VersionHandle): number {
    if (!this.isLive(handle)) throw new RangeError(`stale version handle ${handle} of kind ${this.kind}`);
    return handle & INDEX_MASK;
  }

  private handleOf(row: number): VersionHandle {
    return (((this.generations[row] as number) << INDEX_BITS) | row) as VersionHandle;
  }

  private takeRow(): number {
    let row = this.free.pop();
    if (row === undefined) {
      if (this.used === 0) this.fitNumbers();
      else if (this.used === this.rows) this.growRows();
      row = this.used++;
    }
    this.holders[row] = 1;
    this.live++;
    return row;
  }

  private growRows(): void {
    this.rows *= 2;
    if (this.rows > INDEX_MASK + 1) throw new RangeError(`more than ${INDEX_MASK + 1} live versions of one kind`);
    this.fitNumbers();
    for (const column of this.references) column.grow(this.rows);
    const holders = new Int32Array(this.rows);
    holders.set(this.holders);
    this.holders = holders;
    const generations = new Uint16Array(this.rows);
    generations.set(this.generations);
    this.generations = generations;
  }

  private fitNumbers(): void {
    const cells = new Float64Array(this.rows * this.numbers.stride);
    cells.set(this.numbers.cells);
    this.numbers.cells = cells;
  }
}
