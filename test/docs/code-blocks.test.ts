/**
 * Every code block of the documentation works. Commands run through the built program in a directory of their own that holds the scenarios
 * and what the page itself writes down as files; scenarios load; manifests are read; JSON and YAML parse; TypeScript is checked and run.
 * Blocks marked `long` run shortened; DOCS_FULL=1 runs them in full.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadScenario, readTolerances } from '../../src/index.ts';
import {
  AcceptedFields,
  isMap,
  parseYaml,
  readFlowControlManifests,
  readManifests,
  TemplateRegistry,
} from '../../src/manifests/index.ts';
import { files } from './generated-pages.ts';
import { type CodeBlock, pageNames, program, projectRoot, readPage } from './markdown.ts';

/** Languages of code blocks: what a block of another one would be is not known, so there is none. */
const LANGUAGES = ['bash', 'yaml', 'json', 'ts', 'text'];
/** Longest time of a block that runs in full. */
const LONGEST_MS = 3_600_000;
/** What shortens a block marked `long`. */
const SHORTENED = ['--until', '5s', '--replications', '1'];
/** What shortens a search, which decides itself how many replications it needs. */
const SEARCH_SHORTENED = ['--until', '5s', '--probes', '4'];
/** How `npm` and `plimsoll` are spelt in the documentation, on top of the built program. */
const PRELUDE = `
set -euo pipefail
plimsoll() {
  if [ "$1" = capacity ]; then "$NODE" "$PROGRAM" "$@" $SEARCH_SHORTENED; else "$NODE" "$PROGRAM" "$@" $SHORTENED; fi
}
npm() {
  if [ "$1" = test ]; then return 0; fi
  [ "$1" = start ] || { echo "npm $1 is not known here" >&2; return 64; }
  shift
  if [ "\${1:-}" = --silent ]; then shift; fi
  if [ $# -eq 0 ]; then plimsoll run scenarios/quickstart.yaml; return; fi
  [ "$1" = -- ] || { echo "npm start takes arguments behind --" >&2; return 64; }
  shift
  plimsoll "$@"
}
`;

const workplaces: string[] = [];
afterAll(() => {
  for (const directory of workplaces) rmSync(directory, { recursive: true, force: true });
});

/** A directory like the root of the project, with the files that a page writes down. */
function workplaceOf(blocks: readonly CodeBlock[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-docs-'));
  workplaces.push(directory);
  cpSync(join(projectRoot, 'scenarios'), join(directory, 'scenarios'), { recursive: true });
  for (const { attributes, text } of blocks) {
    const name = attributes.get('file');
    if (name === undefined) continue;
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return directory;
}

const pages = pageNames()
  .map(readPage)
  .filter(({ blocks }) => blocks.length > 0);
const hasBash = spawnSync('bash', ['-c', 'true']).status === 0;

describe.each(pages)('$name', ({ name, blocks }) => {
  const directory = workplaceOf(blocks);

  it('says of each code block what it is', () => {
    for (const { line, language } of blocks) expect(LANGUAGES, `${name}:${line}`).toContain(language);
  });

  const commands = blocks.filter(({ language }) => language === 'bash');
  it.skipIf(!hasBash).each(commands)(
    'commands at line $line work (skipped where there is no bash)',
    (block) => {
      const isShortened = block.attributes.has('long') && process.env.DOCS_FULL !== '1';
      const { status, stdout, stderr } = spawnSync('bash', ['-c', PRELUDE + steps(block, isShortened)], {
        cwd: directory,
        encoding: 'utf8',
        env: {
          ...process.env,
          NODE: process.execPath,
          PROGRAM: program,
          SHORTENED: isShortened ? SHORTENED.join(' ') : '',
          SEARCH_SHORTENED: isShortened ? SEARCH_SHORTENED.join(' ') : '',
        },
      });
      const expected = Number(block.attributes.get('exit') ?? '0');
      expect(status, `${name}:${block.line}\n${stdout}\n${stderr}`).toBe(expected);
    },
    LONGEST_MS,
  );

  it.each(blocks.filter(({ language }) => language === 'yaml'))(
    'YAML at line $line is right',
    ({ line, text, attributes }) => {
      const file = attributes.get('file') ?? `line-${line}.yaml`;
      const documents = parseYaml(file, text);
      const { value } = documents[0]!;
      const kind = isMap(value) ? value.kind : undefined;
      if (kind === 'Scenario') {
        const path = join(directory, file);
        if (!existsSync(path)) writeFileSync(path, text);
        expect(loadScenario(files, path).question).toMatch(/\?$/);
      } else if (kind === 'PriorityLevelConfiguration') {
        expect(readFlowControlManifests(file, text, new AcceptedFields()).levels.length).toBeGreaterThan(0);
      } else if (kind === 'Tolerances') {
        expect(readTolerances(file, text).length).toBeGreaterThan(0);
      } else if (kind !== undefined) {
        expect(readManifests(file, text, { templates: new TemplateRegistry() }).intents.length).toBeGreaterThan(0);
      }
    },
  );

  it.each(blocks.filter(({ language }) => language === 'json'))('JSON at line $line parses', ({ text }) => {
    expect(() => JSON.parse(text)).not.toThrow();
  });
});

/** A run that is shortened does not get far enough to hold: its exit code 1 is right too. */
function steps({ text }: CodeBlock, isShortened: boolean): string {
  return isShortened ? text.replaceAll(/^(.+)$/gm, '$1 || [ $? -eq 1 ]') : text;
}

describe('TypeScript', () => {
  const blocks = pages.flatMap(({ name, blocks: all }) =>
    all.filter(({ language }) => language === 'ts').map((block) => ({ name, line: block.line, text: block.text })),
  );
  let directory: string;
  const pathOf = ({ name, line }: { name: string; line: number }): string =>
    join(directory, `${name.replaceAll(/[^\w]/g, '_')}_${line}.ts`);

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'plimsoll-docs-ts-'));
    workplaces.push(directory);
    const source = (path: string): string => JSON.stringify(join(projectRoot, 'src', path));
    for (const block of blocks) {
      const text = block.text
        .replaceAll(/'plimsoll'/g, source('index.ts'))
        .replaceAll(/'(?:\.\.\/)+src\/([^']+)'/g, (_, path: string) => source(path));
      writeFileSync(pathOf(block), `${text}\nexport {};\n`);
    }
    const settings = {
      extends: join(projectRoot, 'tsconfig.json'),
      compilerOptions: {
        typeRoots: [join(projectRoot, 'node_modules/@types')],
        // Blocks import the sources by their whole path here.
        rewriteRelativeImportExtensions: false,
        noUnusedLocals: false,
      },
      include: [`${directory}/*.ts`, join(projectRoot, 'src/**/*.d.ts')],
    };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(settings));
    writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  });

  it('type-checks', () => {
    const compiler = join(projectRoot, 'node_modules/typescript/bin/tsc');
    const { stdout } = spawnSync(process.execPath, [compiler, '-p', directory, '--noEmit'], { encoding: 'utf8' });
    // The sources themselves are checked elsewhere.
    expect(stdout.split('\n').filter((line) => line.includes(basename(directory)))).toEqual([]);
  });

  it.each(blocks)('$name line $line runs', async (block) => {
    // Paths in a block are relative to the root of the project, where the tests run.
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    try {
      await import(/* @vite-ignore */ pathToFileURL(pathOf(block)).href);
      if (block.text.includes('console.log')) expect(log).toHaveBeenCalled();
    } finally {
      log.mockRestore();
    }
  });
});
