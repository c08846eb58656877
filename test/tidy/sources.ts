/** The sources as text, and as code alone: what is written in comments and strings is blanked, so that a search finds only what runs. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.join(import.meta.dirname, '../..');

/** A source file. */
export interface Source {
  /** Path from the project's root, with slashes. */
  readonly path: string;
  readonly text: string;
  /** The text with comments and strings blanked; of the same length. */
  readonly code: string;
}

/** All TypeScript files below a directory of the project. */
export function sourcesIn(directory: string): Source[] {
  return filesIn(directory)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => {
      const text = readFileSync(path.join(root, file), 'utf8');
      return { path: file, text, code: blank(text) };
    });
}

/** Paths of all files below a directory. */
export function filesIn(directory: string): string[] {
  return readdirSync(path.join(root, directory), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
}

/** Paths of a directory and all directories below. */
export function directoriesIn(directory: string): string[] {
  const below = readdirSync(path.join(root, directory), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'));
  return [directory, ...below].sort();
}

/** Line of a position, from 1. */
export function lineOf(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

/** An import or a re-export. */
export interface Import {
  /** Path of a file of the project, or a package or a module of Node as it is named. */
  readonly to: string;
  /** Whether only types are imported, of which nothing is left when the program runs. */
  readonly isOfTypes: boolean;
}

/** What a source imports and re-exports. */
export function importsOf({ path: from, text }: Source): Import[] {
  const statements =
    /(?:^|\n)((?:import|export)\b(?:[^'"\n;]|\n(?=[ }]))*?)from '([^']+)'|import\('([^']+)'\)|(?:^|\n)import '([^']+)'/g;
  return [...text.matchAll(statements)].map((match) => {
    const named = (match[2] ?? match[3] ?? match[4]) as string;
    const to = named.startsWith('.') ? path.posix.join(path.posix.dirname(from), named) : named;
    return { to, isOfTypes: isOfTypes(match[1] ?? '') };
  });
}

/** Whether each name of a statement is that of a type. */
function isOfTypes(statement: string): boolean {
  if (/^(?:import|export) type\b/.test(statement)) return true;
  const names =
    /\{([^}]*)\}/
      .exec(statement)?.[1]
      ?.split(',')
      .map((name) => name.trim()) ?? [];
  const written = names.filter((name) => name !== '');
  return written.length > 0 && written.every((name) => name.startsWith('type '));
}

/** Whether a slash after this code begins a regular expression: it cannot divide anything. */
function beginsExpression(before: string): boolean {
  return /(?:^|[(,=:[!&|?{};+\-*%~^<>]|\breturn|\btypeof|\bcase|=>)\s*$/.test(before);
}

/** Blanks comments, strings and regular expressions; code inside of template literals stays. */
export function blank(text: string): string {
  let out = '';
  /** Depth of braces at which each open template literal goes on. */
  const templates: number[] = [];
  let depth = 0;
  let at = 0;
  const skip = (to: number) => {
    out += text.slice(at, to).replace(/[^\n]/g, ' ');
    at = to;
  };
  while (at < text.length) {
    const rest = text.slice(at, at + 2);
    const char = text[at] as string;
    if (rest === '//') skip(endOf(text, at, '\n'));
    else if (rest === '/*') skip(endOf(text, at + 2, '*/') + 2);
    else if (char === "'" || char === '"') skip(endOfQuoted(text, at + 1, char) + 1);
    else if (char === '`' || (char === '}' && templates.at(-1) === depth)) {
      if (char === '}') templates.pop();
      const end = endOfTemplate(text, at + 1);
      skip(end);
      if (text[end - 1] === '{') templates.push(depth);
    } else if (char === '/' && beginsExpression(out.slice(-40))) skip(endOfRegularExpression(text, at + 1));
    else {
      if (char === '{') depth++;
      if (char === '}') depth--;
      out += char;
      at++;
    }
  }
  return out;
}

function endOf(text: string, from: number, mark: string): number {
  const end = text.indexOf(mark, from);
  return end < 0 ? text.length : end;
}

function endOfQuoted(text: string, from: number, quote: string): number {
  let at = from;
  while (at < text.length && text[at] !== quote) at += text[at] === '\\' ? 2 : 1;
  return at;
}

/** Behind the closing backtick, or behind the `${` of the next piece of code. */
function endOfTemplate(text: string, from: number): number {
  let at = from;
  for (;;) {
    if (at >= text.length || text[at] === '`') return at + 1;
    if (text.startsWith('${', at)) return at + 2;
    at += text[at] === '\\' ? 2 : 1;
  }
}

function endOfRegularExpression(text: string, from: number): number {
  let at = from;
  let inClass = false;
  while (at < text.length && (inClass || text[at] !== '/')) {
    if (text[at] === '[') inClass = true;
    if (text[at] === ']') inClass = false;
    at += text[at] === '\\' ? 2 : 1;
  }
  at++;
  while (/[a-z]/.test(text[at] ?? '')) at++;
  return at;
}
