import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PlimsollError } from '../../src/errors/index.ts';
import { measure, runScenario } from '../../src/experiment/index.ts';
import { importFormats } from '../../src/formats/index.ts';
import { loadScenario } from '../../src/scenario/index.ts';
import { memoryFiles } from '../scenario/support.ts';

function importJobs(text: string, workload?: string) {
  const files = memoryFiles({ 'trace.csv': text });
  const request = {
    files,
    input: 'trace.csv',
    workload,
    scenarioName: 'trace',
    pathFromScenario: (path: string) => path,
  };
  return importFormats.jobs.read(request);
}

const TRACE = `name,arrival,duration,requests,gang size,queue,priority,user
a,100,60,cpu=4;memory=8Gi,0,prod,10,x
"b, the second",110,2m,"cpu=16,memory=32Gi,nvidia.com/gpu=2",2,dev,0,y
c,112.5,30,cpu=500m,0,dev,-1,y
`;

function tableOf(text: string): string[] {
  return importJobs(text).files?.[0]?.text.trimEnd().split('\n') ?? [];
}

it('reads jobs in the units that people write, from the first arrival on', () => {
  expect(tableOf(TRACE)).toEqual([
    'name,class,arrival_s,duration_s,tasks,cpu_milli,memory_mib,gpus,gang,queue,priority',
    'a,,0,60,1,4000,8192,0,0,prod,10',
    '"b, the second",,10,120,2,16000,32768,2,2,dev,0',
    'c,,12.5,30,1,500,0,0,0,dev,-1',
  ]);
});

it('finds columns whatever their spelling, and remarks those that it does not know', () => {
  const { notes, files } = importJobs('Job_ID,Submit Time,runtime,CPU,memory,Tasks,color\nx,5,10s,2,1Gi,3,red\n');
  expect(files?.[0]?.text).toContain('x,,0,10,3,2000,1024,0,0,,0');
  expect(notes).toContain('column color: not imported');
});

it('makes a scenario that loads, runs and completes all jobs, on nodes that hold them at their peak', async () => {
  const { scenario, files = [] } = importJobs(TRACE);
  const all = memoryFiles({ 'trace.yaml': scenario, [files[0]!.name]: files[0]!.text });
  const loaded = loadScenario(all, 'trace.yaml');
  expect(loaded.question).toBe('How long do the 3 jobs of trace.csv wait, and which fit packs them best?');
  const run = await runScenario(loaded);
  const completed = { metric: 'plimsoll_cell_jobs_total', labels: { event: 'completed' }, statistic: 'final' };
  expect(measure(completed, run.replications[0]!.metrics)).toBe(3);
});

it('guesses as many nodes as the peak needs', () => {
  const row = (name: string, arrival: number) => `${name},${arrival},100,cpu=16\n`;
  const together = `name,arrival,duration,requests\n${row('a', 0)}${row('b', 10)}${row('c', 20)}`;
  const apart = `name,arrival,duration,requests\n${row('a', 0)}${row('b', 100)}${row('c', 200)}`;
  expect(parse(importJobs(together).scenario).spec.params.nodes).toBe(2);
  expect(parse(importJobs(apart).scenario).spec.params.nodes).toBe(1);
});

describe('what is wrong is told with file, line and column', () => {
  const HEAD = 'name,arrival,duration,requests,gang\n';
  it.each([
    [`${HEAD}a,soon,5,cpu=1,0`, 'P204', '2:3', 'arrival "soon"'],
    [`${HEAD}a,0,5,cpu=1,0\nb,1,5,cpu=x,0`, 'P204', '3:7', 'requests "cpu=x"'],
    [`${HEAD}a,0,5,disk=1,0`, 'P204', '2:7', 'requests "disk=1"'],
    [`${HEAD}a,,5,cpu=1,0`, 'P205', '2:3', 'arrival is empty'],
    [`name,arrival,duration,requests,tasks,gang\na,0,5,cpu=1,2,3`, 'P204', '2:15', 'gang "3"'],
    ['name,duration,requests\na,5,cpu=1', 'P205', '1:1', 'no column arrival'],
    ['name,arrival\na,5', 'P205', '1:1', 'no column requests'],
    ['name,arrival,cpu,job\na,5,1,b', 'P209', '1:18', 'two columns for name'],
    [HEAD, 'P205', '1:1', 'no row'],
  ])('%j', (text, code, where, message) => {
    const error = problemOf(() => importJobs(text));
    const { position } = error.details;
    expect(error.code).toBe(code);
    expect(error.details.message).toContain(message);
    expect(`${position?.file}:${position?.line}:${position?.column}`).toBe(`trace.csv:${where}`);
  });

  it('a workload cannot be chosen', () => {
    expect(problemOf(() => importJobs(TRACE, 'one')).code).toBe('P102');
  });
});

function problemOf(action: () => unknown): PlimsollError {
  try {
    action();
  } catch (error) {
    if (error instanceof PlimsollError) return error;
    throw error;
  }
  throw new Error('nothing was wrong');
}
