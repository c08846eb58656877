/** Errors for people: a code from the catalogue, where it is, what was expected, the nearest valid name and how to mend it. */
import { type ErrorCode, errorCatalogue } from './catalogue.ts';

/** A place in a file: 1-based line and column. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What an error says beside its code. */
export interface ErrorDetails {
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** Where, if it is in a file. */
  readonly position?: SourcePosition | undefined;
  /** Path of the value inside the file ("spec.operations[2].createNodes.count"). */
  readonly path?: string | undefined;
  /** What would have been right. */
  readonly expected?: string | undefined;
  /** The nearest valid name, if a name was unknown. */
  readonly nearest?: string | undefined;
  /** How to mend it; the catalogue's own fix if left out. */
  readonly fix?: string | undefined;
}

/** One or more coded problems. The command line prints {@link format} and exits with {@link exitCode}. */
export class PlimsollError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  /** Further problems found in the same input, so that a user mends them in one go. */
  readonly others: readonly PlimsollError[];

  constructor(code: ErrorCode, details: ErrorDetails, others: readonly PlimsollError[] = []) {
    super(`${code}: ${details.message}`);
    this.name = 'PlimsollError';
    this.code = code;
    this.details = details;
    this.others = others;
  }

  /** The exit code that the contract gives to this kind of error. */
  get exitCode(): number {
    return errorCatalogue[this.code].exit;
  }

  /** The message as the terminal shows it, all problems, one block each. */
  format(): string {
    return [this, ...this.others].map((error) => error.formatOne()).join('\n');
  }

  private formatOne(): string {
    const { position, path, message, expected, nearest, fix } = this.details;
    const where = position === undefined ? '' : `${position.file}:${position.line}:${position.column}: `;
    const lines = [`${where}error ${this.code}: ${message}`];
    if (path !== undefined && path !== '') lines.push(`  at:       ${path}`);
    if (expected !== undefined) lines.push(`  expected: ${expected}`);
    if (nearest !== undefined) lines.push(`  nearest:  ${nearest}`);
    lines.push(`  fix:      ${fix ?? errorCatalogue[this.code].fix}`);
    return lines.join('\n');
  }
}

/** Joins several errors into one that reports them all. */
export function combineErrors(errors: readonly PlimsollError[]): PlimsollError {
  const [first, ...rest] = errors;
  if (first === undefined) throw new RangeError('combineErrors needs at least one error');
  return new PlimsollError(first.code, first.details, rest);
}
