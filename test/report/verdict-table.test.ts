import { expect, it } from 'vitest';
import { judge } from '../../src/experiment/index.ts';
import type { RunFacts } from '../../src/report/manifest.ts';
import { sweepTable, verdictTable } from '../../src/report/verdict-table.ts';
import { seconds } from '../../src/units/index.ts';
import { exampleRun } from '../experiment/example-run.ts';

const facts: RunFacts = {
  version: '0.1.0',
  gitCommit: null,
  nodeVersion: 'v20.0.0',
  command: ['run', 'example.yaml'],
  startedAt: '2026-01-01T00:00:00.000Z',
  wallSeconds: 0.5,
  cpuSeconds: 0.6,
  peakMemoryBytes: 100 * 2 ** 20,
  workers: 1,
};
const context = { facts, assumptions: 3, directory: 'results/example/x', colour: false };
const objective = { metric: 'pod_startup_latency_seconds', labels: { phase: 'total' }, statistic: 'max', below: 5 };

it('says what held, where it waited, why it ended, what was accepted and where the files are', () => {
  const run = exampleRun(
    [
      {
        starts: [4],
        changes: {
          flows: [{ flow: 'pod_startup', waits: [{ server: 'binder', kind: 'limiter', waitSeconds: 1, waits: 30 }] }],
          barriers: [
            {
              description: 'podsReady: all within 15m',
              met: true,
              began: seconds(2),
              at: seconds(8),
              state: '1 of 1 pods Ready',
            },
          ],
        },
      },
    ],
    [objective],
  );
  const accepting = { ...run, scenario: { ...run.scenario, acceptedWithoutEffect: ['Ingress'] } };
  expect(verdictTable(accepting, judge(accepting), context)).toBe(`example: seed 1, 1 replication
Does it hold?

┌─────────────────────────────────────────────────┬───────┬──────────┬────────┬───────┐
│ objective                                       │ bound │ measured │ margin │ holds │
├─────────────────────────────────────────────────┼───────┼──────────┼────────┼───────┤
│ max of pod_startup_latency_seconds{phase=total} │ < 5s  │ 4s       │ +20 %  │ yes   │
└─────────────────────────────────────────────────┴───────┴──────────┴────────┴───────┘
barrier     podsReady: all within 15m: met after 6s, at 8s (1 of 1 pods Ready)
bottleneck  binder (limiter): 100 % of the waiting time of pod_startup, 1s in 30 waits; all waiting is 25 % of the time measured, the rest is service
            chosen by: tightest objective max of pod_startup_latency_seconds{phase=total}
ended       operations done at 10s of virtual time
accepted, no effect modelled:
            Ingress
rests on    3 assumptions (report.html lists them)
speed       1,000 events in 0.50 s, 2,000 events/s, peak 100 MiB
written     results/example/x
verdict     HOLDS: every objective and barrier
`);
});

it('says FAILS with how much failed, and "no data" where nothing was measured', () => {
  const run = exampleRun([{ starts: [] }], [objective]);
  const text = verdictTable(run, judge(run), context);
  expect(text).toContain('no data');
  expect(text).toContain('verdict     FAILS: 1 of 1 objectives');
});

it('colours only where asked to', () => {
  const run = exampleRun([{ starts: [4] }], [objective]);
  expect(verdictTable(run, judge(run), context)).not.toContain('\u001b');
  expect(verdictTable(run, judge(run), { ...context, colour: true })).toContain('\u001b[32mHOLDS');
});

it('shows a sweep in one line per point', () => {
  const points = [1, 9].map((start) => {
    const run = { ...exampleRun([{ starts: [start] }], [objective]), variant: `nodes=${start}` };
    return { run, verdict: judge(run) };
  });
  const text = sweepTable(points, false);
  expect(text).toMatch(/nodes=1 .*│ 1s .*│ yes/);
  expect(text).toMatch(/nodes=9 .*│ 9s .*│ NO/);
  const stopped = { ...exampleRun([{ changes: { endReason: 'interrupted' } }], [objective]), variant: 'nodes=99' };
  expect(sweepTable([{ run: stopped, verdict: judge(stopped) }], false)).toMatch(/nodes=99 .*│ not complete/);
});

it('has a line for each fault: what suffered, and after how long it was well again', () => {
  const fault = 'apiserverRestart: server 0';
  const at = seconds(90);
  const run = exampleRun([
    {
      starts: [1],
      changes: {
        recoveries: [
          {
            fault,
            at,
            recoveries: [
              { fault, at, measure: 'writes', before: 50, worst: 0, from: at, until: seconds(92) },
              { fault, at, measure: 'failed writes', before: 0, worst: 1200, from: at, until: null },
              { fault, at, measure: 'watches', before: 3000, worst: 2000, from: at, until: seconds(98) },
            ],
          },
        ],
      },
    },
  ]);
  expect(verdictTable(run, judge(run), context)).toContain(
    'recovery    apiserverRestart: server 0 at 1m30s: no write succeeded for 2s; 1,200 writes failed, to the end; 1,000 of 3,000 watches lost, back after 8s\n',
  );
});
