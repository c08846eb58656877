import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { aggregateCsv, histogramsCsv, summaryCsv, timeseriesCsv } from '../../src/report/csv.ts';
import { resultsReadme } from '../../src/report/results-readme.ts';
import { exampleRun } from '../experiment/example-run.ts';

const runs = [exampleRun([{ starts: [1, 3], posts: [0.5] }, { starts: [2] }])];

describe('CSV', () => {
  it('summary.csv has every statistic with its own unit', () => {
    const lines = summaryCsv(runs).split('\n');
    expect(lines[0]).toBe('scenario,variant,replication,metric,labels,statistic,value,unit');
    expect(lines).toContain('example,,1,pod_startup_latency_seconds,phase=total,count,2,1');
    expect(lines).toContain('example,,1,pod_startup_latency_seconds,phase=total,mean,2,s');
    expect(lines).toContain('example,,1,pod_startup_latency_seconds,phase=total,rate,0.2,1/s');
    expect(lines).toContain('example,,2,plimsoll_pods,phase=running,final,1,1');
    expect(lines.at(-1)).toBe('');
  });

  it('timeseries.csv has every sample', () => {
    const lines = [...timeseriesCsv(runs)].join('').split('\n');
    expect(lines[0]).toBe('scenario,variant,replication,time_s,metric,labels,value,unit');
    expect(lines).toContain('example,,1,0,plimsoll_pods,phase=running,0,1');
    expect(lines).toContain('example,,1,10,plimsoll_pods,phase=running,2,1');
  });

  it('timeseries.csv leaves out what is 0 from start to end', () => {
    const [run] = runs;
    const [replication] = run!.replications;
    const silent = { ...replication!.metrics.timeseries[0]!, metric: 'plimsoll_silent', values: [0, 0] };
    const metrics = { ...replication!.metrics, timeseries: [silent, ...replication!.metrics.timeseries] };
    const text = [...timeseriesCsv([{ ...run!, replications: [{ ...replication!, metrics }] }])].join('');
    expect(text).not.toContain('plimsoll_silent');
    expect(text).toContain('plimsoll_pods');
  });

  it('histograms.csv has cumulative buckets up to +Inf', () => {
    const lines = histogramsCsv(runs).split('\n');
    expect(lines[0]).toBe('scenario,variant,replication,metric,labels,le,count');
    expect(lines).toContain('example,,1,pod_startup_latency_seconds,phase=total,1,1');
    expect(lines).toContain('example,,1,pod_startup_latency_seconds,phase=total,3,2');
    expect(lines).toContain('example,,1,pod_startup_latency_seconds,phase=total,+Inf,2');
  });

  it('aggregate.csv has the mean with its interval, over the replications that ran to their end', () => {
    const lines = aggregateCsv(runs).split('\n');
    expect(lines[0]).toBe('scenario,variant,metric,labels,statistic,mean,sd,ci95_low,ci95_high,n,unit');
    expect(lines).toContain('example,,pod_startup_latency_seconds,phase=total,mean,2,0,2,2,2,s');
    const stopped = exampleRun([{ starts: [1] }, { starts: [9], changes: { endReason: 'interrupted' } }]);
    expect(aggregateCsv([stopped])).toContain('example,,pod_startup_latency_seconds,phase=total,mean,1,,,,1,s');
  });

  it('quotes what needs it', () => {
    const [run] = runs;
    const variant = 'spec.x={"a":1,"b":2}';
    const quoted = 'example,"spec.x={""a"":1,""b"":2}",1';
    expect(summaryCsv([{ ...run!, variant }])).toContain(quoted);
    expect([...timeseriesCsv([{ ...run!, variant }])].join('')).toContain(quoted);
  });
});

it('results/README.md is what the program generates', () => {
  const file = new URL('../../results/README.md', import.meta.url);
  expect(readFileSync(file, 'utf8')).toBe(resultsReadme());
});
