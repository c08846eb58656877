/**
 * Immutable object versions as typed columns: one row per revision of an object. There is no "current" row here; only the store maps a key
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

/** Something that grows and copies with the rows of a table. */
interface Column {
  grow(rows: number): void;
  copy(from: number, to: number): void;
  clear(row: number): void;
}

/** A column of 32-bit integers. */
export class Int32Column implements Column {
  /** One value per row, read by handle through {@link get}. */
  values = new Int32Array(INITIAL_ROWS);
  private readonly initial: number;

  constructor(initial: number) {
    this.initial = initial;
  }

  get(handle: VersionHandle): number {
    return this.values[handle & INDEX_MASK] as number;
  }

  set(handle: VersionHandle, value: number): void {
    this.values[handle & INDEX_MASK] = value;
  }

  grow(rows: number): void {
    const larger = new Int32Array(rows);
    larger.set(this.values);
    this.values = larger;
  }

  copy(from: number, to: number): void {
    this.values[to] = this.values[from] as number;
  }

  clear(row: number): void {
    this.values[row] = this.initial;
  }
}

/** A column of doubles: revisions, instants, bytes. */
export class Float64Column implements Column {
  /** One value per row, read by handle through {@link get}. */
  values = new Float64Array(INITIAL_ROWS);
  private readonly initial: number;

  constructor(initial: number) {
    this.initial = initial;
  }

  get(handle: VersionHandle): number {
    return this.values[handle & INDEX_MASK] as number;
  }

  set(handle: VersionHandle, value: number): void {
    this.values[handle & INDEX_MASK] = value;
  }

  grow(rows: number): void {
    const larger = new Float64Array(rows);
    larger.set(this.values);
    this.values = larger;
  }

  copy(from: number, to: number): void {
    this.values[to] = this.values[from] as number;
  }

  clear(row: number): void {
    this.values[row] = this.initial;
  }
}

/** A column of references to immutable values: templates, lists of endpoints, taints. */
export class ReferenceColumn<T> implements Column {
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
  private readonly columns: Column[] = [];
  /** Holders of each row; 0 = free. */
  private references = new Int32Array(INITIAL_ROWS);
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
  readonly key: Int32Column = this.int32(-1);
  /** Identity of the object: an object deleted and created again under the same name has another one. */
  readonly uid: Int32Column = this.int32(0);
  /** Revision of the store at which this version was written (resourceVersion); 0 before it is written. */
  readonly revision: Float64Column = this.float64(0);
  /** Serialised size in the store [B]. */
  readonly bytes: Float64Column = this.float64(0);
  /** creationTimestamp [ns]. */
  readonly createdAt: Float64Column = this.float64(0);
  /** deletionTimestamp [ns], -1 = not being deleted. */
  readonly deletedAt: Float64Column = this.float64(-1);
  /** Key of the controlling owner within the kind that owns this kind, -1 = none. */
  readonly owner: Int32Column = this.int32(-1);

  constructor(kind: Kind) {
    this.kind = kind;
  }

  /** Adds a column of integers. */
  protected int32(initial: number): Int32Column {
    return this.register(new Int32Column(initial));
  }

  /** Adds a column of doubles. */
  protected float64(initial: number): Float64Column {
    return this.register(new Float64Column(initial));
  }

  /** Adds a column of references to immutable values. */
  protected reference<T>(initial: T): ReferenceColumn<T> {
    return this.register(new ReferenceColumn<T>(initial));
  }

  private register<C extends Column>(column: C): C {
    this.columns.push(column);
    return column;
  }

  /** A fresh version of the object `key`, all columns at their initial values, held once by the caller. */
  allocate(key: ObjectKey): VersionHandle {
    const row = this.takeRow();
    for (const column of this.columns) column.clear(row);
    const handle = this.handleOf(row);
    this.key.set(handle, key);
    return handle;
  }

  /** A copy of a version to be changed into the next one, held once by the caller. Its revision is 0 until it is written. */
  copy(from: VersionHandle): VersionHandle {
    const source = this.row(from);
    const row = this.takeRow();
    for (const column of this.columns) column.copy(source, row);
    const handle = this.handleOf(row);
    this.revision.set(handle, 0);
    return handle;
  }

  /** Keeps a version; returns it. */
  retain(handle: VersionHandle): VersionHandle {
    const row = this.row(handle);
    this.references[row] = (this.references[row] as number) + 1;
    return handle;
  }

  /** Gives a version up; its row is free once nobody holds it. */
  release(handle: VersionHandle): void {
    const row = this.row(handle);
    const left = (this.references[row] as number) - 1;
    this.references[row] = left;
    if (left > 0) return;
    this.generations[row] = ((this.generations[row] as number) + 1) % GENERATIONS;
    for (const column of this.columns) column.clear(row);
    this.free.push(row);
    this.live--;
  }

  /** Whether somebody holds this version. */
  isLive(handle: VersionHandle): boolean {
    const row = handle & INDEX_MASK;
    return handle >= 0 && handle >>> INDEX_BITS === this.generations[row] && (this.references[row] as number) > 0;
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
      if (this.used === this.rows) this.growRows();
      row = this.used++;
    }
    this.references[row] = 1;
    this.live++;
    return row;
  }

  private growRows(): void {
    this.rows *= 2;
    if (this.rows > INDEX_MASK + 1) throw new RangeError(`more than ${INDEX_MASK + 1} live versions of one kind`);
    for (const column of this.columns) column.grow(this.rows);
    const references = new Int32Array(this.rows);
    references.set(this.references);
    this.references = references;
    const generations = new Uint16Array(this.rows);
    generations.set(this.generations);
    this.generations = generations;
  }
}
