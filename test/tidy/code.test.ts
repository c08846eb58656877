import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { blank, directoriesIn, filesIn, lineOf, root, type Source, sourcesIn } from './sources.ts';

const sources = sourcesIn('src');
const tests = sourcesIn('test');

/** Rooms whose code must run anywhere and always the same way. */
const PURE_ROOMS = /^src\/(engine|cluster|metrics|components|manifests)\//;
/** Longest file [line]. */
const LONGEST = 450;

/** Places where a pattern matches, as "file:line: what". */
function places(of: readonly Source[], pattern: RegExp, textOf: (source: Source) => string): string[] {
  return of.flatMap((source) =>
    [...textOf(source).matchAll(pattern)].map(
      (match) => `${source.path}:${lineOf(source.text, match.index)}: ${match[0].trim()}`,
    ),
  );
}

const inCode = (source: Source) => source.code;
const inText = (source: Source) => source.text;

describe('the blanking that these tests rest on', () => {
  it('leaves code, and nothing of comments, strings and regular expressions', () => {
    const text = [
      "const a = 'x // 1'; // 2",
      'const b = `y $',
      '{3 + f({ c: `$',
      '{4}z` })} 5`; /* 6 */',
      'const d = /7[\'"]/g.test(e) / 8;',
    ]
      .join('\n')
      .replaceAll('$\n', '$');
    const code = blank(text);
    expect(code).toHaveLength(text.length);
    expect(code.match(/\d/g)).toEqual(['3', '4', '8']);
    expect(code).toContain('const d =');
  });
});

describe('no source', () => {
  it('has a default export', () => {
    expect(places([...sources, ...tests], /^export default\b/gm, inCode)).toEqual([]);
  });

  it('is called utils', () => {
    const named = [...directoriesIn('src'), ...filesIn('src'), ...directoriesIn('test'), ...filesIn('test')];
    expect(named.filter((name) => /(^|\/)utils?(\.|\/|$)/i.test(name))).toEqual([]);
  });

  it('asks for the time, chance or a promise of the outer world where the model is', () => {
    const pure = sources.filter(({ path }) => PURE_ROOMS.test(path));
    const banned =
      /\bMath\.random\b|\bDate\b|\bperformance\b|\bset(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b|\bPromise\b|\basync\b|\bawait\b/g;
    expect(places(pure, banned, inCode)).toEqual([]);
  });

  it('touches files or the process, but for the program, the worker and the files that are passed in', () => {
    const others = sources.filter(({ path }) => !/^src\/cli\/|\/worker-entry\.ts$|\/files\.ts$/.test(path));
    expect(places(others, /from '(?:node:)?(?:fs|process|child_process|os|path)(?:\/[^']*)?'/g, inText)).toEqual([]);
    expect(places(others, /(?<![.\w])process\.(?!s\b)\w+/g, inCode)).toEqual([]);
  });

  it('of the engine knows what is modelled', () => {
    const engine = sources.filter(({ path }) => path.startsWith('src/engine/'));
    const words = /kube\w*|etcd\w*|\bpods?\b|apiserver\w*|\bnamespaces?\b|replicasets?/gi;
    expect(places(engine, words, inText)).toEqual([]);
  });

  it(`is longer than ${LONGEST} lines`, () => {
    const long = [...sources, ...tests].map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }));
    expect(long.filter(({ lines }) => lines > LONGEST)).toEqual([]);
  });

  it('of the tests runs alone or is left out', () => {
    expect(places(tests, /\.(?:only|skip)\b/g, inCode)).toEqual([]);
  });

  it('leaves something to do', () => {
    expect(
      places([...sources, ...tests], /\b(?:TODO|FIXME|XXX)\b/g, inText).filter(
        (place) => !place.startsWith('test/tidy/'),
      ),
    ).toEqual([]);
  });
});

describe('numbers in components', () => {
  it('are parameters, or constants of a name and a reason; only 0, 1 and 2 stand for themselves', () => {
    const components = sources.filter(
      ({ path }) => /^src\/components\//.test(path) && !path.endsWith('.parameters.ts'),
    );
    const literal = /(?<![\w.$])(?:0x[\da-f_]+|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)(?![\w.])/gi;
    const wrong = components.flatMap((source) => {
      const allowed = constantLines(source);
      // The base of parseInt is no number of the model.
      const code = source.code.replace(/(?<=parseInt\([^()]*, )10(?=\))/g, '  ');
      return [...code.matchAll(literal)]
        .filter(([number]) => !['0', '1', '2'].includes(number))
        .map((match) => ({ number: match[0], line: lineOf(source.text, match.index) }))
        .filter(({ line }) => !allowed.has(line))
        .map(({ number, line }) => `${source.path}:${line}: ${number}`);
    });
    expect(wrong).toEqual([]);
  });
});

/** Lines of declarations `const` at the top level that stand below a comment, or below another one that does. */
function constantLines({ text, code }: Source): Set<number> {
  const lines = text.split('\n');
  const coded = code.split('\n');
  const allowed = new Set<number>();
  let isDeclared = false;
  lines.forEach((line, index) => {
    if (/^(?:export )?const\b/.test(coded[index] ?? '')) {
      const above = lines[index - 1] ?? '';
      isDeclared = /^(?:\/\/|\s?\*\/|\/\*\*)/.test(above) || (allowed.has(index) && above !== '');
    } else if (/^[\w/@]/.test(line) || line === '') isDeclared = false;
    if (isDeclared) allowed.add(index + 1);
  });
  return allowed;
}

describe('every folder of the sources', () => {
  it.each(directoriesIn('src'))('%s says what it is for and how to add to it', (directory) => {
    const readme = readFileSync(path.join(root, directory, 'README.md'), 'utf8');
    const lines = readme.trim().split('\n');
    expect(lines[0]).toMatch(/^# \S/);
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.length).toBeLessThanOrEqual(30);
    expect(readme).toMatch(/\badd|\bnew\b|= a file/i);
  });
});
