/** Reads a map of a configuration file: every key is either read or remarked, and mistakes have their position. */
import { PlimsollError } from '../../errors/index.ts';
import { formatPath, isMap, quoteValue, type ValuePath, type YamlDocument } from '../../manifests/index.ts';
import type { Remarks } from '../remarks.ts';

/** A map at a place of a file. */
export class ConfigReader {
  readonly document: YamlDocument;
  readonly path: ValuePath;
  private readonly fields: Readonly<Record<string, unknown>>;
  private readonly read = new Set<string>();

  constructor(document: YamlDocument, path: ValuePath, value: unknown) {
    this.document = document;
    this.path = path;
    if (!isMap(value)) throw mistake(document, path, `${quoteValue(value)} is not a map`, 'a map');
    this.fields = value;
  }

  /** The value of a key, undefined if it is not given. */
  raw(key: string): unknown {
    this.read.add(key);
    return this.fields[key] ?? undefined;
  }

  /** A text. */
  text(key: string): string | undefined {
    const value = this.raw(key);
    if (value === undefined || typeof value === 'string') return value;
    throw this.mistake(key, `${quoteValue(value)} is not a text`, 'a text');
  }

  /** A text that must be there. */
  requiredText(key: string): string {
    const value = this.text(key);
    if (value === undefined) throw mistake(this.document, this.path, `${key} is missing`, `a text under ${key}`);
    return value;
  }

  /** A number. */
  number(key: string): number | undefined {
    const value = this.raw(key);
    if (value === undefined || typeof value === 'number') return value;
    throw this.mistake(key, `${quoteValue(value)} is not a number`, 'a number');
  }

  /** A switch. */
  flag(key: string): boolean {
    const value = this.raw(key);
    if (value === undefined || typeof value === 'boolean') return value ?? false;
    throw this.mistake(key, `${quoteValue(value)} is not true or false`, 'true or false');
  }

  /** A map of plain values. */
  values(key: string): Readonly<Record<string, unknown>> {
    const value = this.raw(key);
    if (value === undefined) return {};
    if (isMap(value)) return value;
    throw this.mistake(key, `${quoteValue(value)} is not a map`, 'a map');
  }

  /** A list of texts. */
  texts(key: string): readonly string[] {
    const value = this.raw(key) ?? [];
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    throw this.mistake(key, `${quoteValue(value)} is not a list of texts`, 'a list of texts');
  }

  /** A nested map. */
  map(key: string): ConfigReader | undefined {
    const value = this.raw(key);
    return value === undefined ? undefined : new ConfigReader(this.document, [...this.path, key], value);
  }

  /** A list of maps. */
  maps(key: string): readonly ConfigReader[] {
    const value = this.raw(key) ?? [];
    if (!Array.isArray(value)) throw this.mistake(key, `${quoteValue(value)} is not a list`, 'a list');
    return value.map((item, i) => new ConfigReader(this.document, [...this.path, key, i], item));
  }

  /** Keys that mean nothing for what is asked here. */
  ignore(...keys: readonly string[]): void {
    for (const key of keys) this.read.add(key);
  }

  /** Remarks every key that nobody has read. */
  finish(what: string, remarks: Remarks): void {
    for (const key of Object.keys(this.fields)) if (!this.read.has(key)) remarks.without(`${what} ${key}`);
  }

  /** A mistake at a key. */
  mistake(key: string, message: string, expected: string, nearest?: string): PlimsollError {
    return mistake(this.document, [...this.path, key], message, expected, nearest);
  }
}

function mistake(
  document: YamlDocument,
  path: ValuePath,
  message: string,
  expected: string,
  nearest?: string,
): PlimsollError {
  const place = { position: document.positionOf(path), path: formatPath(path) };
  return new PlimsollError(nearest === undefined ? 'P204' : 'P208', { ...place, message, expected, nearest });
}
