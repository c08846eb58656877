/** Reading of the project's Markdown, as far as the tests need it: fenced code blocks, links, headings, inline code. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The root of the project. */
export const projectRoot = join(import.meta.dirname, '../..');
/** The built program. */
export const program = join(projectRoot, 'dist/cli/main.js');

/** A fenced code block. */
export interface CodeBlock {
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** First word behind the fence, "" if there is none. */
  readonly language: string;
  /**
   * Further words behind the fence: `file=NAME` (it is written under this name before the page's commands run), `long` (its commands run
   * shortened), `exit=N` (its last command ends with this code).
   */
  readonly attributes: ReadonlyMap<string, string>;
  readonly text: string;
}

/** A link to something else than a web page. */
export interface Link {
  readonly line: number;
  /** Path relative to the page, "" for the page itself. */
  readonly path: string;
  /** What is behind "#", "" if nothing is. */
  readonly anchor: string;
}

/** A Markdown file. */
export interface Page {
  /** Path from the root of the project. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly CodeBlock[];
  readonly links: readonly Link[];
  /** Anchors of the headings as hosts of Git repositories make them. */
  readonly anchors: ReadonlySet<string>;
  /** Inline code, with its line. */
  readonly inlineCode: readonly { readonly line: number; readonly text: string }[];
}

/** Reads a page by its path from the root of the project. */
export function readPage(name: string): Page {
  const path = join(projectRoot, name);
  const text = readFileSync(path, 'utf8');
  const blocks: CodeBlock[] = [];
  const links: Link[] = [];
  const anchors = new Set<string>();
  const inlineCode: { line: number; text: string }[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    const fence = /^\s*```(.*)$/.exec(line);
    if (fence !== null) {
      const end = lines.findIndex((candidate, at) => at > i && /^\s*```\s*$/.test(candidate));
      if (end < 0) throw new Error(`${name}:${i + 1}: the code block does not end`);
      blocks.push(codeBlock(i + 1, fence[1] as string, lines.slice(i + 1, end)));
      i = end;
      continue;
    }
    const heading = /^#+\s+(.*)$/.exec(line);
    if (heading !== null) anchors.add(anchorOf(heading[1] as string));
    for (const [, target] of line.matchAll(/\]\(([^)\s]+)\)/g)) {
      const [, linked = '', anchor = ''] = /^([^#]*)#?(.*)$/.exec(target as string) ?? [];
      if (!/^[a-z]+:/.test(linked)) links.push({ line: i + 1, path: linked, anchor });
    }
    for (const [, code] of line.matchAll(/`([^`]+)`/g)) inlineCode.push({ line: i + 1, text: code as string });
  }
  return { name, path, text, blocks, links, anchors, inlineCode };
}

function codeBlock(line: number, information: string, lines: readonly string[]): CodeBlock {
  const [language = '', ...words] = information.trim().split(/\s+/);
  const attributes = new Map(
    words.map((word) => word.split('=', 2) as [string, string?]).map(([k, v]) => [k, v ?? '']),
  );
  return { line, language, attributes, text: `${lines.join('\n')}\n` };
}

function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{Letter}\p{Number}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
}

/** Names of the pages that users read: everything whose code blocks and commands must work. */
export function pageNames(): string[] {
  return ['README.md', 'CHANGELOG.md', ...markdownUnder('docs'), ...markdownUnder('data')];
}

/** Names of all Markdown files of the project, those of the rooms included. */
export function allPageNames(): string[] {
  return [...pageNames(), ...markdownUnder('src'), ...markdownUnder('results').filter(isDirectChild)];
}

function isDirectChild(name: string): boolean {
  return name.split('/').length === 2;
}

function markdownUnder(directory: string): string[] {
  return readdirSync(join(projectRoot, directory))
    .sort()
    .flatMap((entry) => {
      const name = `${directory}/${entry}`;
      if (statSync(join(projectRoot, name)).isDirectory())
        return directory.startsWith('results') ? [] : markdownUnder(name);
      return name.endsWith('.md') ? [name] : [];
    });
}

/** A path as it is seen from the root of the project. */
export function fromRoot(path: string): string {
  return relative(projectRoot, path).replaceAll('\\', '/');
}
