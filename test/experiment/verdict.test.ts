import { describe, expect, it } from 'vitest';
import { type BarrierOutcome, judge } from '../../src/experiment/index.ts';
import type { FlowWaits } from '../../src/metrics/index.ts';
import type { Objective } from '../../src/scenario/resolved-scenario.ts';
import { seconds } from '../../src/units/index.ts';
import { exampleRun } from './example-run.ts';

const startup: Objective = {
  metric: 'pod_startup_latency_seconds',
  labels: { phase: 'total' },
  statistic: 'p99',
  below: 5,
};
const posts: Objective = {
  metric: 'apiserver_request_duration_seconds',
  labels: { verb: 'POST', resource: 'pods' },
  statistic: 'p99',
  below: 1,
};

function waits(flow: string, ...places: [string, number][]): FlowWaits {
  return {
    flow,
    waits: places.map(([server, waitSeconds]) => ({ server, kind: 'server' as const, waitSeconds, waits: 10 })),
  };
}

const flows = [
  waits('all', ['etcd disk', 900]),
  waits('POST pods', ['apiserver CPU', 8], ['deployer', 2]),
  waits('pod_startup', ['binder', 7]),
];
const met: BarrierOutcome = {
  description: 'podsReady: all',
  met: true,
  began: seconds(1),
  at: seconds(3),
  state: '2 of 2 pods Ready',
};
const unmet: BarrierOutcome = {
  description: 'podsReady: all',
  met: false,
  began: seconds(2),
  at: seconds(9),
  state: '1 of 2 pods Ready',
};

describe('the bottleneck', () => {
  it('is where the flow of the failed objective waited most', () => {
    const verdict = judge(exampleRun([{ starts: [1], posts: [3], changes: { flows } }], [startup, posts]));
    expect(verdict.bottleneck).toMatchObject({ flow: 'POST pods', reason: { kind: 'failed objective' } });
    expect(verdict.bottleneck.places[0]).toMatchObject({ server: 'apiserver CPU', share: 0.8, waits: 10 });
  });

  it('is that of the tightest objective if all hold, over all replications', () => {
    const verdict = judge(
      exampleRun(
        [
          { starts: [4], posts: [0.1], changes: { flows } },
          { starts: [4], posts: [0.1], changes: { flows } },
        ],
        [posts, startup],
      ),
    );
    expect(verdict.bottleneck).toMatchObject({ flow: 'pod_startup', reason: { kind: 'tightest objective' } });
    expect(verdict.bottleneck.places).toEqual([
      { server: 'binder', kind: 'server', share: 1, waitSeconds: 14, waits: 20 },
    ]);
  });

  it('is that of pods until Ready for a failed barrier on pods, of all requests without any objective', () => {
    const failed = judge(exampleRun([{ starts: [1], changes: { flows, barriers: [unmet] } }], [startup]));
    expect(failed.bottleneck).toMatchObject({ flow: 'pods until Ready', reason: { kind: 'failed barrier' } });
    expect(judge(exampleRun([{ changes: { flows } }])).bottleneck).toMatchObject({
      flow: 'all',
      reason: { kind: 'no objective' },
    });
  });

  it('falls back to all requests where the flow was not followed', () => {
    const verdict = judge(exampleRun([{ posts: [3], changes: { flows: [waits('all', ['etcd disk', 1])] } }], [posts]));
    expect(verdict.bottleneck).toMatchObject({ flow: 'all', places: [{ server: 'etcd disk' }] });
  });

  it('adds up the subresources that an objective does not tell apart', () => {
    const patches: Objective = { ...posts, labels: { verb: 'PATCH', resource: 'pods' } };
    const several = [
      waits('PATCH pods', ['disk', 1]),
      waits('PATCH pods/status', ['disk', 2]),
      waits('PATCH nodes/status', ['cpu', 9]),
    ];
    const verdict = judge(exampleRun([{ changes: { flows: several } }], [patches]));
    expect(verdict.bottleneck).toMatchObject({
      flow: 'PATCH pods, PATCH pods/status',
      places: [{ server: 'disk', waitSeconds: 3 }],
    });
    const plain = { ...patches, labels: { ...patches.labels, subresource: '' } };
    expect(judge(exampleRun([{ changes: { flows: several } }], [plain])).bottleneck).toMatchObject({
      flow: 'PATCH pods',
    });
  });

  it('says which share of the measured time was waiting, only where the metric measures the same work', () => {
    const changes = { flows: ['pod_startup', 'POST pods', 'all'].map((flow) => waits(flow, ['binder', 1])) };
    const share = (objective: Objective) =>
      judge(exampleRun([{ starts: [4], posts: [2], changes }], [objective])).bottleneck.shareOfMeasured;
    expect(share(startup)).toBe(0.25);
    expect(share(posts)).toBe(0.5);
    expect(share({ ...startup, labels: {} })).toBeUndefined();
    expect(share({ ...posts, labels: {} })).toBeUndefined();
    expect(share({ ...startup, metric: 'scheduler_scheduling_attempt_duration_seconds', labels: {} })).toBeUndefined();
  });

  it('is nowhere if nothing waited', () => {
    expect(judge(exampleRun([{ posts: [3] }], [posts])).bottleneck.places).toEqual([]);
  });
});

describe('the verdict', () => {
  it('holds if every objective and barrier held in every replication', () => {
    const good = { starts: [1], changes: { barriers: [met] } };
    expect(judge(exampleRun([good, good], [startup]))).toMatchObject({ holds: true, complete: true });
    const bad = { starts: [1], changes: { barriers: [unmet] } };
    const verdict = judge(exampleRun([good, bad], [startup]));
    expect(verdict.holds).toBe(false);
    expect(verdict.barriers).toEqual([
      {
        description: 'podsReady: all',
        metIn: 1,
        of: 2,
        latest: seconds(9),
        longest: seconds(7),
        state: '1 of 2 pods Ready',
        holds: false,
      },
    ]);
  });

  it('does not hold for a run that was stopped', () => {
    const run = exampleRun([{ starts: [1] }, { starts: [1], changes: { endReason: 'interrupted' } }], [startup]);
    expect(judge(run)).toMatchObject({ holds: false, complete: false });
    expect(judge({ ...exampleRun([{ starts: [1] }], [startup]), planned: 2 })).toMatchObject({
      holds: false,
      complete: false,
    });
  });

  it('tells why the run ended, what was accepted without effect and what was notable, once each', () => {
    const changes = { notes: ['etcd leader lost'] };
    const run = exampleRun([
      { changes },
      { changes: { ...changes, endReason: 'until reached', endTime: seconds(60) } },
    ]);
    const acceptedWithoutEffect = ['Ingress', 'Pod spec.dnsPolicy'];
    const verdict = judge({ ...run, scenario: { ...run.scenario, acceptedWithoutEffect } });
    expect(verdict.endings).toEqual([
      { reason: 'operations done', replications: 1, latest: seconds(10) },
      { reason: 'until reached', replications: 1, latest: seconds(60) },
    ]);
    expect(verdict.acceptedWithoutEffect).toEqual(['Ingress', 'Pod spec.dnsPolicy']);
    expect(verdict.notes).toEqual(['etcd leader lost']);
  });
});
