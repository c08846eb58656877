/**
 * Reads the fields of one map of a manifest, and keeps account: whatever was not read is reported as accepted without effect
 * (if Kubernetes has the field) or as unknown. Values that the API server would refuse become P303 with their position.
 */
import type { Labels } from '../cluster/index.ts';
import { type ErrorCode, type ErrorDetails, nearestName, PlimsollError } from '../errors/index.ts';
import { type Bytes, type MilliCpu, type Nanoseconds, parseBytes, parseMilliCpu, seconds } from '../units/index.ts';
import type { AcceptedFields } from './accepted-fields.ts';
import { formatPath, isMap, quoteValue, type ValuePath } from './value-path.ts';
import type { YamlDocument } from './yaml-document.ts';

/** What all readers of one object share. */
export interface ReadingContext {
  readonly document: YamlDocument;
  /** Kind of the object ("Deployment"). */
  readonly kind: string;
  readonly accepted: AcceptedFields;
  readonly errors: PlimsollError[];
  /** Path at which the object starts in its document: empty, or the item of a List. */
  readonly root: ValuePath;
}

/** Bounds and default of a number. */
interface NumberOptions {
  readonly least?: number;
  readonly most?: number;
}

/** Largest int32, the type of most numbers of the API. */
const INT32_MAXIMUM = 2_147_483_647;

/** Reads one map. */
export class FieldReader {
  readonly path: ValuePath;
  private readonly fields: Readonly<Record<string, unknown>>;
  private readonly context: ReadingContext;
  private readonly read = new Set<string>();

  constructor(fields: Readonly<Record<string, unknown>>, path: ValuePath, context: ReadingContext) {
    this.fields = fields;
    this.path = path;
    this.context = context;
  }

  /** Whether the field is given (null counts as not given, as in Kubernetes). */
  has(key: string): boolean {
    return this.fields[key] !== undefined && this.fields[key] !== null;
  }

  /** The field as it is written; marks it as read. */
  raw(key: string): unknown {
    this.read.add(key);
    return this.fields[key] ?? undefined;
  }

  /** The field as it is written; it counts as not read. */
  peek(key: string): unknown {
    return this.fields[key] ?? undefined;
  }

  /** A nested map, or `undefined` where it is not given. */
  map(key: string): FieldReader | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (isMap(value)) return new FieldReader(value, [...this.path, key], this.context);
    this.refuse(key, `${quoteValue(value)} is not a map`, 'a map');
    return undefined;
  }

  /** A nested map; an empty one, with a complaint, where it is not given. */
  requiredMap(key: string): FieldReader {
    if (!this.has(key)) this.refuse(key, `${key} is missing`, 'a map', `add ${key}`);
    return this.map(key) ?? new FieldReader({}, [...this.path, key], this.context);
  }

  /** A list of maps; empty where it is not given. */
  maps(key: string): readonly FieldReader[] {
    return this.list(key).flatMap((item, index) => {
      if (isMap(item)) return [new FieldReader(item, [...this.path, key, index], this.context)];
      this.refuseAt([...this.path, key, index], `${quoteValue(item)} is not a map`, 'a map');
      return [];
    });
  }

  /** A list of texts; empty where it is not given. */
  texts(key: string): readonly string[] {
    return this.list(key).flatMap((item, index) => {
      if (typeof item === 'string') return [item];
      this.refuseAt([...this.path, key, index], `${quoteValue(item)} is not a text`, 'a text');
      return [];
    });
  }

  private list(key: string): readonly unknown[] {
    const value = this.raw(key);
    if (value === undefined) return [];
    if (Array.isArray(value)) return value;
    this.refuse(key, `${quoteValue(value)} is not a list`, 'a list');
    return [];
  }

  /** A text. */
  text(key: string): string | undefined {
    const value = this.raw(key);
    if (value === undefined || typeof value === 'string') return value;
    const fix = typeof value === 'number' || typeof value === 'boolean' ? `write it in quotes: "${value}"` : undefined;
    this.refuse(key, `${quoteValue(value)} is not a text`, 'a text', fix);
    return undefined;
  }

  /** A text that must be there. */
  requiredText(key: string): string {
    if (!this.has(key)) this.refuse(key, `${key} is missing`, 'a text', `add ${key}`);
    return this.text(key) ?? '';
  }

  /** One of several words. */
  oneOf<const Word extends string>(key: string, words: readonly Word[], fallback: Word): Word {
    const value = this.text(key);
    if (value === undefined || words.includes(value as Word)) return (value as Word | undefined) ?? fallback;
    const nearest = nearestName(value, words);
    this.refuse(
      key,
      `${quoteValue(value)} is not known`,
      `one of ${words.join(', ')}`,
      nearest && `write ${nearest}`,
      nearest,
    );
    return fallback;
  }

  /** A whole number within its bounds (0 … int32 unless said). */
  wholeNumber<Fallback extends number | undefined>(
    key: string,
    fallback: Fallback,
    options: NumberOptions = {},
  ): number | Fallback {
    const { least = 0, most = INT32_MAXIMUM } = options;
    const value = this.raw(key);
    if (value === undefined) return fallback;
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
    this.refuse(
      key,
      `${quoteValue(value)} is not allowed`,
      `a whole number from ${least} to ${most.toLocaleString('en-US')}`,
    );
    return fallback;
  }

  /** A number within its bounds, not necessarily whole. */
  number<Fallback extends number | undefined>(
    key: string,
    fallback: Fallback,
    options: NumberOptions = {},
  ): number | Fallback {
    const { least = 0, most = INT32_MAXIMUM } = options;
    const value = this.raw(key);
    if (value === undefined) return fallback;
    if (typeof value === 'number' && value >= least && value <= most) return value;
    this.refuse(
      key,
      `${quoteValue(value)} is not allowed`,
      `a number from ${least} to ${most.toLocaleString('en-US')}`,
    );
    return fallback;
  }

  /** A number of whole seconds as a span. */
  seconds(key: string, fallback: number, least = 0): Nanoseconds {
    return seconds(this.wholeNumber(key, fallback, { least }));
  }

  /** true or false. */
  flag(key: string, fallback: boolean): boolean {
    const value = this.raw(key);
    if (value === undefined || typeof value === 'boolean') return value ?? fallback;
    this.refuse(key, `${quoteValue(value)} is not true or false`, 'true or false');
    return fallback;
  }

  /** A map of texts. */
  labels(key: string): Labels {
    const value = this.raw(key);
    if (value === undefined) return {};
    if (!isMap(value)) {
      this.refuse(key, `${quoteValue(value)} is not a map`, 'a map of texts');
      return {};
    }
    for (const [name, text] of Object.entries(value)) {
      if (typeof text === 'string') continue;
      this.refuseAt(
        [...this.path, key, name],
        `${quoteValue(text)} is not a text`,
        'a text',
        `write it in quotes: "${String(text)}"`,
      );
    }
    return value as Labels;
  }

  /** A CPU quantity. */
  cpu(key: string): MilliCpu | undefined {
    return this.quantity(key, parseMilliCpu, 'a CPU quantity, such as 500m or 2');
  }

  /** A quantity of bytes. */
  bytes(key: string): Bytes | undefined {
    return this.quantity(key, parseBytes, 'a quantity of bytes, such as 512Mi or 2Gi');
  }

  private quantity<T extends number>(
    key: string,
    parse: (written: string | number) => T | undefined,
    expected: string,
  ): T | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    const parsed = typeof value === 'string' || typeof value === 'number' ? parse(value) : undefined;
    if (parsed !== undefined && Number.isSafeInteger(parsed)) return parsed;
    this.refuse(key, `${quoteValue(value)} is not ${expected.split(',')[0]}`, expected);
    return undefined;
  }

  /** Fields that Kubernetes has and the model does not: named as accepted without effect where they are given. */
  ignore(...keys: readonly string[]): void {
    for (const key of keys) {
      if (!this.read.has(key) && this.has(key)) this.context.accepted.noEffect(this.context.kind, this.fieldPath(key));
      this.read.add(key);
    }
  }

  /** Ends the reading of this map: every field that nobody read is named as unknown. */
  finish(): void {
    for (const key of Object.keys(this.fields)) {
      if (!this.read.has(key)) this.context.accepted.unknownField(this.context.kind, this.fieldPath(key));
    }
  }

  /** Names of the fields that are given. */
  keys(): readonly string[] {
    return Object.keys(this.fields).filter((key) => this.has(key));
  }

  /** Reports a value that the API server would refuse. */
  refuse(key: string, message: string, expected: string, fix?: string, nearest?: string): void {
    this.refuseAt([...this.path, key], message, expected, fix, nearest);
  }

  private refuseAt(path: ValuePath, message: string, expected: string, fix?: string, nearest?: string): void {
    this.report('P303', path, { message, expected, fix, nearest });
  }

  /** Reports a problem of any code, with the position and path of a value. */
  report(
    code: ErrorCode,
    path: ValuePath,
    details: Pick<ErrorDetails, 'message' | 'expected' | 'fix' | 'nearest'>,
  ): void {
    const { document, kind, root, errors } = this.context;
    const written = `${kind} ${formatPath(path.slice(root.length))}`;
    errors.push(new PlimsollError(code, { ...details, position: document.positionOf(path), path: written }));
  }

  /** "spec.template.spec.containers[].image": without indices, so that each field is named once. */
  private fieldPath(key: string): string {
    return formatPath([...this.path.slice(this.context.root.length), key]).replace(/\[\d+\]/g, '[]');
  }
}
