import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workplace } from './run-program.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(() => place.remove());

describe('wrong usage exits 2, says what exists and writes nothing', () => {
  it.each<[string[], ...string[]]>([
    [['rnu', 'small.yaml'], 'P101', "unknown command 'rnu'", 'nearest:  run'],
    [['capacitor', 'small.yaml'], 'P101', "unknown command 'capacitor'", 'expected: run, sweep'],
    [['run'], 'P102', "missing required argument 'scenario.yaml'"],
    [['run', 'small.yaml', 'more.yaml'], 'P102', 'too many arguments'],
    [['run', 'small.yaml', '--sed', '7'], 'P102', "unknown option '--sed'", 'nearest:  --seed'],
    [['run', 'small.yaml', '--seed'], 'P102', 'argument missing'],
    [['run', 'small.yaml', '--seed', 'x'], 'P102', '--seed x', 'a whole number'],
    [['run', 'small.yaml', '--workers', '0'], 'P102', '--workers 0', 'or auto'],
    [['run', 'small.yaml', '--replications', '0'], 'P102', '--replications 0'],
    [['run', 'small.yaml', '--deadline', 'soon'], 'P102', '--deadline soon', 'such as 10m'],
    [['run', 'small.yaml', '--memory', 'much'], 'P102', '--memory much', 'such as 8GiB'],
    [['run', 'small.yaml', '--format', 'xml'], 'P102', 'table, json, csv'],
    [['run', 'small.yaml', '--set', 'nodes'], 'P102', '--set nodes', 'PATH=VALUE'],
    [['run', 'small.yaml', '--set', 'nods=9'], 'P103', 'nods', 'nearest:  nodes'],
    [['run', 'small.yaml', '--until', 'late'], 'P204', 'spec.until'],
    [['run', 'absent.yaml'], 'P201', 'absent.yaml does not exist'],
    [['run', 'smal.yaml'], 'P201', 'smal.yaml does not exist', 'nearest:  small.yaml'],
    [['run', 'small.yaml', '--out', 'small.yaml'], 'P104', 'small.yaml cannot be written'],
    [['run', 'small.yaml', '--out', 'small.yaml/below'], 'P104', 'cannot be written'],
    [['sweep', 'small.yaml'], 'P102', 'no --vary', 'PATH=a,b,c'],
    [['sweep', 'small.yaml', '--vary', 'nods=1,2'], 'P103', 'nods', 'nearest:  nodes'],
    [['compare', 'small.yaml'], 'P102', 'no variant to compare', '--variant NAME:PATH=VALUE'],
    [['compare', 'small.yaml', '--variant', 'a'], 'P102', 'one variant to compare'],
    [['compare', 'small.yaml', '--variant', 'a:nodes'], 'P102', '--variant nodes', 'NAME:PATH=VALUE'],
    [['compare', 'small.yaml', '--variant', 'a', '--variant', 'a'], 'P102', 'a name of its own'],
    [['compare', 'small.yaml', '--variant', 'a', '--variant', 'b:nods=9'], 'P103', 'nods', 'nearest:  nodes'],
    [['compare', 'small.yaml', '--variant', 'as', '--variant', 'bs', '--baseline', 'cs'], 'P103', 'no such variant'],
    [['compare', 'small.yaml', '--variant', 'a', '--variant', 'b', '--metric', 'x'], 'P103', 'is not a metric'],
    [['validate', 'etcd-put-gird'], 'P103', 'no validation case etcd-put-gird', 'nearest:  etcd-put-grid'],
    [['list', 'metrix'], 'P103', 'no list of metrix', 'nearest:  metrics'],
    [['explain', 'etcd_server_has_leadr'], 'P103', 'nearest:  etcd_server_has_leader'],
  ])('plimsoll %j', async (args, ...parts) => {
    const { code, stdout, stderr } = await place.run(...args);
    for (const part of parts) expect(stderr).toContain(part);
    expect(stdout).toBe('');
    expect(code).toBe(2);
    expect(readdirSync(place.directory)).toEqual(['small.yaml']);
  });
});

it('with --format json an error is one JSON document on stdout too', async () => {
  const { code, stdout, stderr } = await place.run('run', 'absent.yaml', '--format', 'json');
  expect(code).toBe(2);
  expect(stderr).toContain('P201');
  expect(JSON.parse(stdout)).toMatchObject({ errors: [{ code: 'P201' }] });
});

it('without a command the help goes to stderr, exit 2; --help goes to stdout, exit 0', async () => {
  const silent = await place.run();
  expect(silent).toMatchObject({ code: 2, stdout: '' });
  const help = await place.run('--help');
  expect(help).toMatchObject({ code: 0, stderr: '' });
  expect(help.stdout).toBe(silent.stderr);
  for (const command of [
    'run',
    'sweep',
    'capacity',
    'compare',
    'import',
    'check',
    'bench',
    'schema',
    'list',
    'explain',
  ])
    expect(help.stdout).toContain(`  ${command} `);
});

it('--version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await place.run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

describe('what is known of names', () => {
  it.each(['scenarios', 'metrics', 'parameters', 'faults', 'profiles', 'errors'])(
    'list %s has a line for each',
    async (word) => {
      const { code, stdout } = await place.run('list', word);
      const { stdout: json } = await place.run('list', word, '--format', 'json');
      const entries = JSON.parse(json) as { name: string; help: string }[];
      expect(code).toBe(0);
      expect(entries.length).toBeGreaterThan(0);
      expect(stdout.trimEnd().split('\n')).toHaveLength(entries.length);
      for (const { help } of entries) expect(help).not.toBe('');
    },
  );

  it.each([
    ['etcd.heartbeatInterval', 'default  100ms'],
    ['apiserver_request_duration_seconds', 'labels   verb, resource, subresource, scope'],
    ['P201', 'exit code  2'],
    ['quickstart', 'scenarios'],
    ['NodeResourcesFit', 'modelled          yes'],
  ])('explain %s', async (name, part) => {
    const { code, stdout } = await place.run('explain', name);
    expect(code).toBe(0);
    expect(stdout).toContain(part);
  });

  it('schema prints what schema/scenario.schema.json holds', async () => {
    const stored = readFileSync(new URL('../../schema/scenario.schema.json', import.meta.url), 'utf8');
    expect(await place.run('schema')).toEqual({ code: 0, stdout: stored, stderr: '' });
  });
});
