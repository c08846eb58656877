/** Distributed sweeps, with coordinators, workers and Redis killed in the middle. Needs redis-server (Debian: apt-get install redis-server). */
import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasOpenssl, hasRedis, makeCertificate, RedisServer } from '../experiment/redis-server.ts';
import { type Outcome, Workplace } from './run-program.ts';

const CSV = ['aggregate.csv', 'histograms.csv', 'summary.csv', 'timeline.csv', 'timeseries.csv'];
/** 200 tasks of milliseconds. */
const SWEEP = ['sweep', 'tiny.yaml', '--vary', 'jobs=10,11,12,13', '--replications', '50'];
const TINY = `# How long do jobs wait?
apiVersion: plimsoll.dev/v1
kind: Scenario
metadata: { name: tiny }
spec:
  model: schedulingCell
  until: 10m
  params: { jobs: 20 }
  operations:
    - createNodes: { count: 4, allocatable: { cpu: "8", memory: 16Gi } }
    - submitJobs: { name: batch, count: $jobs, rate: 12/m, arrivals: poisson, tasks: 2, requests: { cpu: "3", memory: 1Gi }, duration: { distribution: exponential, mean: 1m } }
`;

describe.skipIf(!hasRedis)('a distributed sweep of 200 tasks (skipped where redis-server is not installed)', () => {
  let place: Workplace;
  let redis: RedisServer;
  let undisturbed: string[];
  const started: ChildProcess[] = [];

  beforeAll(async () => {
    place = new Workplace();
    place.write('tiny.yaml', TINY);
    redis = await RedisServer.start();
    await place.run(...SWEEP, '--out', 'undisturbed', '--quiet');
    undisturbed = csvOf('undisturbed');
  });
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });
  afterAll(async () => {
    await redis.end();
    place.remove();
  });

  function csvOf(out: string): string[] {
    return CSV.map((name) => readFileSync(place.path(out, name), 'utf8'));
  }

  function start(...args: string[]): { child: ChildProcess; outcome: Promise<Outcome> } {
    const running = place.start(args);
    started.push(running.child);
    return running;
  }

  function worker() {
    return start('worker', '--queue', redis.url, '--workers', '1');
  }

  function coordinator(out: string) {
    return start(...SWEEP, '--queue', redis.url, '--out', out);
  }

  /** Waits until this many replications have come back. */
  async function journalHas(out: string, finished: number): Promise<void> {
    const journal = place.path(out, '.journal');
    while (!existsSync(journal) || readdirSync(journal).length < finished)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }

  it('goes on when its coordinator was killed, with the same --out', async () => {
    worker();
    const first = coordinator('coordinator');
    await journalHas('coordinator', 20);
    first.child.kill('SIGKILL');
    await first.outcome;
    expect(existsSync(place.path('coordinator', 'summary.csv'))).toBe(false);
    const { code, stderr } = await coordinator('coordinator').outcome;
    expect([code, stderr]).toEqual([0, expect.stringContaining('finished replications in its journal')]);
    expect(csvOf('coordinator')).toEqual(undisturbed);
  });

  it('does without a worker that was killed, and without one that was told to end', async () => {
    const [killed, ended] = [worker(), worker(), worker()];
    const { outcome } = coordinator('worker');
    await journalHas('worker', 20);
    killed.child.kill('SIGKILL');
    ended!.child.kill('SIGTERM');
    expect((await ended!.outcome).code).toBe(0);
    expect((await outcome).code).toBe(0);
    expect(csvOf('worker')).toEqual(undisturbed);
  });

  it('waits when all workers were killed, and goes on with new ones', async () => {
    const all = [worker(), worker()];
    const { outcome } = coordinator('workers');
    await journalHas('workers', 20);
    for (const { child } of all) child.kill('SIGKILL');
    await Promise.all(all.map(({ outcome: end }) => end));
    worker();
    expect((await outcome).code).toBe(0);
    expect(csvOf('workers')).toEqual(undisturbed);
  });

  it('gives Redis everything again when that was killed and has forgotten all', async () => {
    worker();
    const { outcome } = coordinator('redis');
    await journalHas('redis', 20);
    await redis.kill();
    await redis.restart();
    const { code, stderr } = await outcome;
    expect([code, stderr]).toEqual([0, expect.stringContaining(`${redis.url}/0 is back`)]);
    expect(csvOf('redis')).toEqual(undisturbed);
  });

  it('that is interrupted says how it goes on, and takes what workers finish meanwhile', async () => {
    const { child, outcome } = coordinator('interrupted');
    const running = worker();
    await journalHas('interrupted', 20);
    child.kill('SIGINT');
    expect(await outcome).toMatchObject({ code: 130, stderr: expect.stringContaining('--out interrupted goes on') });
    expect(running.child.exitCode).toBeNull();
    expect((await coordinator('interrupted').outcome).code).toBe(0);
    expect(csvOf('interrupted')).toEqual(undisturbed);
  });
});

describe.skipIf(!hasRedis)('a queue with a password (skipped where redis-server is not installed)', () => {
  let place: Workplace;
  let redis: RedisServer;
  beforeAll(async () => {
    place = new Workplace();
    redis = await RedisServer.start(['--requirepass', 'open-sesame']);
  });
  afterAll(async () => {
    await redis.end();
    place.remove();
  });

  it('lets nobody in without it: exit 2, and nothing is written', async () => {
    for (const url of [redis.url, redis.url.replace('//', '//default:wrong@')]) {
      const { code, stderr } = await place.run('run', 'small.yaml', '--queue', url, '--out', 'denied');
      expect([code, stderr]).toEqual([2, expect.stringContaining('error P701')]);
      expect(stderr).not.toContain('wrong@');
      expect(existsSync(place.path('denied'))).toBe(false);
    }
  });

  it('takes it from the URL or the environment, and nothing that is written tells it', async () => {
    const environment = { PLIMSOLL_QUEUE_PASSWORD: 'open-sesame' };
    const worker = place.start(['worker', '--queue', redis.url, '--workers', '1'], environment);
    const url = redis.url.replace('//', '//default:open-sesame@');
    const { code } = await place.run('run', 'small.yaml', '--queue', url, '--out', 'let-in');
    worker.child.kill('SIGTERM');
    expect([code, (await worker.outcome).code]).toEqual([0, 0]);
    for (const name of readdirSync(place.path('let-in')))
      expect(readFileSync(place.path('let-in', name), 'utf8')).not.toContain('open-sesame');
  });
});

it.skipIf(!hasRedis || !hasOpenssl)(
  'a queue behind TLS is reached with the certificate of its authority, and not without (skipped without redis-server or openssl)',
  async () => {
    const place = new Workplace();
    makeCertificate(place.directory);
    const pem = (name: string) => place.path(`${name}.pem`);
    const files = ['--tls-cert-file', pem('cert'), '--tls-key-file', pem('key'), '--tls-ca-cert-file', pem('cert')];
    const redis = await RedisServer.start(['--port', '0', '--tls-port', '$PORT', '--tls-auth-clients', 'no', ...files]);
    const queue = ['--queue', `rediss://localhost:${redis.port}`, '--queue-ca', 'cert.pem'];
    const worker = place.start(['worker', ...queue, '--workers', '1']);
    try {
      expect((await place.run('run', 'small.yaml', ...queue, '--out', 'secure')).code).toBe(0);
      const unknown = await place.run('run', 'small.yaml', ...queue.slice(0, 2), '--out', 'unknown');
      expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('certificate')]);
    } finally {
      worker.child.kill('SIGTERM');
      expect((await worker.outcome).code).toBe(0);
      await redis.end();
      place.remove();
    }
  },
);

describe('the options of a queue', () => {
  let place: Workplace;
  beforeAll(() => {
    place = new Workplace();
  });
  afterAll(() => place.remove());

  it.each([
    [
      ['sweep', 'small.yaml', '--vary', 'nodes=5', '--queue', 'localhost:6379'],
      '--queue localhost:6379 cannot be understood',
    ],
    [['run', 'small.yaml', '--queue-ca', 'ca.pem'], '--queue-ca is of use only with --queue'],
    [
      ['run', 'small.yaml', '--queue', 'redis://localhost', '--queue-ca', 'ca.pem'],
      '--queue-ca has no effect without TLS',
    ],
    [['run', 'small.yaml', '--queue', 'rediss://localhost', '--queue-ca', 'no.pem'], 'no.pem cannot be read'],
    [['worker'], "required option '--queue"],
  ])('are refused where they make no sense: %s', async (args, message) => {
    const { code, stderr } = await place.run(...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
