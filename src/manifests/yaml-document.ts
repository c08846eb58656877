/**
 * YAML with its positions: what was written, and at which line and column, so that every complaint can point at its place.
 * Syntax, duplicate keys, tabs and alias bombs are refused here (P202), all problems of a file at once.
 */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  visit,
} from 'yaml';
import { combineErrors, PlimsollError, type SourcePosition } from '../errors/index.ts';
import type { ValuePath } from './value-path.ts';

/** Aliases that one document may expand to. Real manifests use a handful; a bomb uses millions. */
const MAXIMUM_ALIASES = 100;

/** One YAML document of a file. */
export class YamlDocument {
  /** Name of the file, as in messages. */
  readonly file: string;
  /** The document as plain maps, lists and scalars; null where it is empty. */
  readonly value: unknown;
  private readonly document: Document.Parsed;
  private readonly lines: LineCounter;

  constructor(file: string, document: Document.Parsed, lines: LineCounter) {
    this.file = file;
    this.document = document;
    this.lines = lines;
    this.value = toPlainValue(file, document, lines);
  }

  /**
   * Where the value at `path` is written, or its key for part "key". A value that is not in the file (left out, merged
   * from an anchor, set from outside) is given the place of its nearest ancestor that is.
   */
  positionOf(path: ValuePath, part: 'key' | 'value' = 'value'): SourcePosition {
    let node: unknown = this.document.contents;
    let offset = offsetOf(node) ?? this.document.range[0];
    for (const [depth, step] of path.entries()) {
      const isLast = depth === path.length - 1;
      const found = descend(resolveAlias(node, this.document), step);
      if (found === undefined) break;
      node = found.value;
      const wanted = isLast && part === 'key' ? found.key : found.value;
      offset = offsetOf(wanted) ?? offsetOf(found.key) ?? offset;
    }
    return positionAt(this.file, this.lines, offset);
  }

  /** Whether `path` is written in the file itself. */
  has(path: ValuePath): boolean {
    return this.document.hasIn(path);
  }
}

/** All documents of a YAML text. Throws one PlimsollError with every syntax problem. */
export function parseYaml(file: string, text: string): YamlDocument[] {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, merge: true });
  // An empty stream is not an array of documents; it holds none.
  const documents = Array.isArray(parsed) ? (parsed as Document.Parsed[]) : [];
  const errors = documents.flatMap((document) =>
    document.errors.map(
      (error) =>
        new PlimsollError('P202', {
          message: yamlMessage(error.code, error.message),
          position: positionAt(file, lines, error.pos[0]),
          ...(error.code === 'TAB_AS_INDENT' ? { fix: 'indent with spaces: YAML does not allow tabs there' } : {}),
          ...(error.code === 'DUPLICATE_KEY' ? { fix: 'keep one of the two' } : {}),
        }),
    ),
  );
  if (errors.length > 0) throw combineErrors(errors);
  return documents.map((document) => new YamlDocument(file, document, lines));
}

function yamlMessage(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'the same key is given twice in one map';
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function toPlainValue(file: string, document: Document.Parsed, lines: LineCounter): unknown {
  try {
    return document.toJS({ maxAliasCount: MAXIMUM_ALIASES });
  } catch (error) {
    throw new PlimsollError('P202', {
      message: `anchors and aliases cannot be expanded: ${(error as Error).message}`,
      position: positionAt(file, lines, firstBrokenAlias(document)),
      expected: `at most ${MAXIMUM_ALIASES} aliases, each to an anchor above it`,
      fix: 'write the values out',
    });
  }
}

/** Where the first alias is that has no anchor; the first of all where each has one. */
function firstBrokenAlias(document: Document.Parsed): number {
  const aliases: Alias[] = [];
  visit(document, { Alias: (_, alias) => void aliases.push(alias) });
  const culprit = aliases.find((alias) => alias.resolve(document) === undefined) ?? aliases[0];
  return offsetOf(culprit) ?? document.range[0];
}

function positionAt(file: string, lines: LineCounter, offset: number): SourcePosition {
  const { line, col } = lines.linePos(offset);
  // An offset in an empty text has line 0.
  return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function resolveAlias(node: unknown, document: Document.Parsed): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function descend(node: unknown, step: string | number): { key: Node | undefined; value: unknown } | undefined {
  if (isSeq(node)) {
    const item = node.items[step as number];
    return isNode(item) ? { key: item, value: item } : undefined;
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step));
  return pair === undefined ? undefined : { key: pair.key as Node, value: pair.value };
}
