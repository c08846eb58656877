import { describe, expect, it } from 'vitest';
import { importsOf, sourcesIn } from './sources.ts';

/** The rooms of the house; each may import what is before it. */
const ROOMS = [
  'units',
  'errors',
  'engine',
  'cluster',
  'metrics',
  'components',
  'manifests',
  'scenario',
  'experiment',
  'formats',
  'validation',
  'report',
  'index.ts',
  'cli',
];

const sources = sourcesIn('src');
const roomOf = (file: string) => file.split('/')[1] as string;

/** Imports between files of the project. */
const imports = sources.flatMap((source) =>
  importsOf(source)
    .filter(({ to }) => to.startsWith('src/'))
    .map(({ to, isOfTypes }) => ({ from: source.path, to, isOfTypes })),
);

describe('imports', () => {
  it('are found by this test at all', () => {
    expect(imports.length).toBeGreaterThan(500);
    const [from, to] = ['src/components/control-plane.ts', 'src/components/kubelet/index.ts'];
    expect(imports).toContainEqual({ from, to, isOfTypes: false });
    expect(imports).toContainEqual({ from: to.replace('index', 'kubelet'), to: 'src/units/index.ts', isOfTypes: true });
    const paths = new Set(sources.map((source) => source.path));
    for (const { to } of imports) expect(paths.has(to) || to.endsWith('.d.ts') || to.endsWith('.json'), to).toBe(true);
  });

  it('go only to rooms further left', () => {
    const wrong = imports.filter(({ from, to }) => ROOMS.indexOf(roomOf(from)) < ROOMS.indexOf(roomOf(to)));
    expect(wrong).toEqual([]);
    expect(sources.filter(({ path }) => !ROOMS.includes(roomOf(path))).map(({ path }) => path)).toEqual([]);
  });

  it('of the program go to the library as a whole', () => {
    const wrong = imports.filter(
      ({ from, to }) => roomOf(from) === 'cli' && roomOf(to) !== 'cli' && to !== 'src/index.ts',
    );
    expect(wrong).toEqual([]);
  });

  it('of what runs form no cycle', () => {
    expect(cyclesOf(imports.filter(({ isOfTypes }) => !isOfTypes))).toEqual([]);
  });

  it('of types go in circles within a folder at most', () => {
    const folder = (file: string) => file.slice(0, file.lastIndexOf('/'));
    const between = cyclesOf(imports).filter((cycle) => new Set(cycle.map(folder)).size > 1);
    expect(between).toEqual([]);
  });
});

/** Circles of imports, each as the files on its way. */
function cyclesOf(of: readonly { readonly from: string; readonly to: string }[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of of) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const cycles: string[][] = [];
  const visit = (file: string, trail: readonly string[]) => {
    const before = trail.indexOf(file);
    if (before >= 0) cycles.push([...trail.slice(before), file]);
    if (before >= 0 || done.has(file)) return;
    for (const to of next.get(file) ?? []) visit(to, [...trail, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return cycles;
}
