import { describe, expect, it } from 'vitest';
import { writes } from '../../../src/components/api-machinery/index.ts';
import type { WebhookConfiguration } from '../../../src/components/kube-apiserver/index.ts';
import { constantDistribution } from '../../../src/engine/index.ts';
import { milliseconds, NS_PER_SECOND, seconds } from '../../../src/units/index.ts';
import { load, problemsOf, scenarioText } from '../../scenario/support.ts';
import { ApiWorld, type Overrides } from '../api-world.ts';

/** A webhook that is asked about config maps and answers after 100 ms, all else as in Kubernetes. */
function webhook(options: Partial<WebhookConfiguration> = {}): WebhookConfiguration {
  return {
    name: 'policy',
    type: 'mutating',
    resources: ['configmaps'],
    verbs: ['CREATE'],
    latency: constantDistribution(milliseconds(100)),
    timeout: seconds(10),
    failurePolicy: 'Fail',
    replicas: 1,
    concurrency: 100,
    ...options,
  };
}

/** An answer: its code and how long it took [s]. */
interface Answer {
  readonly code: number;
  readonly took: number;
}

/** A world with these webhooks. */
class WebhookWorld {
  readonly world: ApiWorld;
  private next = 0;

  constructor(webhooks: readonly WebhookConfiguration[], overrides: Overrides = {}) {
    this.world = new ApiWorld(overrides, 'webhooks', { webhooks });
  }

  /** Sends this many creates at once; the answers, once all are there, in their order. */
  creates(count: number): Answer[] {
    const { world } = this;
    const client = world.client();
    const answers: Answer[] = [];
    const reply = world.clientGo.onReplyDo((request) => {
      const took = (world.simulation.now - (world.requests.issuedAt[request] as number)) / NS_PER_SECOND;
      answers.push({ code: world.requests.code[request] as number, took });
    });
    for (let i = 0; i < count; i++) {
      const request = client.write(writes.configMapCreate, world.configMap(`m${this.next++}`));
      world.requests.setNumber(request, 0, 900);
      client.send(request, reply);
    }
    world.play(
      (function* () {
        while (answers.length < count) yield milliseconds(10);
      })(),
    );
    return answers;
  }

  /** A sum over the series of a metric with such labels. */
  count(metric: string, labels: string): number {
    const found = this.world.recorder.result().series.filter((s) => s.metric === metric && s.labels.includes(labels));
    return found.reduce((sum, { statistics }) => sum + (statistics.final ?? 0), 0);
  }
}

/** Longest of some answers [s]. */
const slowest = (answers: readonly Answer[]) => Math.max(...answers.map(({ took }) => took));
const codes = (answers: readonly Answer[]) => [...new Set(answers.map(({ code }) => code))];

describe('admission webhooks', () => {
  it('are asked one after the other if they mutate, all at once if they validate', () => {
    const three = (type: 'mutating' | 'validating') => ['a', 'b', 'c'].map((name) => webhook({ name, type }));
    expect(slowest(new WebhookWorld(three('mutating')).creates(1))).toBeGreaterThan(0.3);
    const parallel = slowest(new WebhookWorld(three('validating')).creates(1));
    expect(parallel).toBeGreaterThan(0.1);
    expect(parallel).toBeLessThan(0.2);
  });

  it('are asked only about what their rules and namespaces name', () => {
    for (const other of [
      webhook({ resources: ['pods'] }),
      webhook({ verbs: ['UPDATE', 'DELETE'] }),
      webhook({ namespaces: ['elsewhere'] }),
    ]) {
      expect(slowest(new WebhookWorld([other]).creates(1))).toBeLessThan(0.05);
    }
    for (const own of [webhook({ resources: ['*'] }), webhook({ namespaces: ['default'] })]) {
      expect(slowest(new WebhookWorld([own]).creates(1))).toBeGreaterThan(0.1);
    }
  });

  it('queue: twenty calls of 100 ms at a webhook that works on two at once take a second', () => {
    const world = new WebhookWorld([webhook({ concurrency: 2 })]);
    const answers = world.creates(20);
    expect(codes(answers)).toEqual([201]);
    expect(slowest(answers)).toBeGreaterThan(1);
    expect(slowest(answers)).toBeLessThan(1.2);
    const waited = world.world.waits.result().find(({ flow }) => flow === 'POST configmaps')?.waits[0];
    expect(waited?.server).toBe('kube-apiserver admission');
    // The i-th pair waits i times 100 ms: 2 * (0 + 0.1 + … + 0.9).
    expect(waited?.waitSeconds).toBeCloseTo(9, 0);
  });

  it('that hang and must not fail hold every place of the mutating requests for 10 s and end in 500', () => {
    const world = new WebhookWorld([webhook({ resources: ['configmaps'] })], {
      kubeApiserver: { priorityAndFairness: false, maxMutatingRequestsInflight: 20 },
      clientGo: { maxRetries: 0 },
    });
    world.world.webhooks[0]?.fail('hang', seconds(60), 1);
    const answers = world.creates(30);
    const refused = answers.filter(({ code }) => code === 429);
    const failed = answers.filter(({ code }) => code === 500);
    expect(refused).toHaveLength(10);
    expect(failed).toHaveLength(20);
    for (const { took } of failed) expect(took).toBeGreaterThanOrEqual(10);
    expect(slowest(failed)).toBeLessThan(10.1);
    expect(world.count('apiserver_admission_webhook_rejection_count', 'rejection_code=503')).toBe(20);
  });

  it('that hang and may fail delay a create by their timeout and let it pass', () => {
    const world = new WebhookWorld([webhook({ failurePolicy: 'Ignore', timeout: seconds(3) })]);
    world.world.webhooks[0]?.fail('hang', seconds(60), 1);
    const answers = world.creates(2);
    expect(codes(answers)).toEqual([201]);
    expect(slowest(answers)).toBeGreaterThan(3);
    expect(world.count('apiserver_admission_webhook_fail_open_count', 'name=policy')).toBe(2);
  });

  it('that are down refuse at once, and answer again when the outage is over', () => {
    const world = new WebhookWorld([webhook()]);
    world.world.webhooks[0]?.fail('down', seconds(5), 1);
    const during = world.creates(1);
    expect(codes(during)).toEqual([500]);
    expect(slowest(during)).toBeLessThan(0.1);
    world.world.play(
      (function* () {
        yield seconds(6);
      })(),
    );
    expect(codes(world.creates(1))).toEqual([201]);
  });

  it('that are slow take their factor longer', () => {
    const world = new WebhookWorld([webhook()]);
    world.world.webhooks[0]?.fail('slow', seconds(60), 20);
    expect(slowest(world.creates(1))).toBeGreaterThan(2);
  });

  it('break the calls they work on when they go down, and never answer them when they begin to hang', () => {
    for (const [mode, least] of [
      ['down', 0.05],
      ['hang', 2],
    ] as const) {
      const world = new WebhookWorld([webhook({ timeout: seconds(2) })]);
      const { simulation, webhooks } = world.world;
      const strike = simulation.on('test: outage', () => webhooks[0]?.fail(mode, seconds(30), 1));
      simulation.after(milliseconds(50), strike);
      const answers = world.creates(1);
      expect(codes(answers)).toEqual([500]);
      expect(slowest(answers)).toBeGreaterThan(least);
      expect(slowest(answers)).toBeLessThan(least + 0.05);
    }
  });

  it('give up what waits in them when the API server ends: the connections break at once', () => {
    const world = new WebhookWorld([webhook()]);
    const { simulation, webhooks, servers } = world.world;
    webhooks[0]?.fail('hang', seconds(60), 1);
    const end = simulation.on('test: API server ends', () => servers[0]?.crash(seconds(1)));
    simulation.after(seconds(1), end);
    const answers = world.creates(5);
    expect(codes(answers)).toEqual([0]);
    expect(slowest(answers)).toBeLessThan(1.1);
  });
});

describe('spec.webhooks', () => {
  const text = 'webhooks: [{ name: policy, type: validating, resources: [pods], latency: 20ms }]';

  it('has the defaults of Kubernetes', () => {
    expect(load(scenarioText(text)).webhooks).toEqual([
      {
        name: 'policy',
        type: 'validating',
        resources: ['pods'],
        verbs: ['CREATE', 'UPDATE'],
        latency: { distribution: 'constant', value: milliseconds(20) },
        timeout: seconds(10),
        failurePolicy: 'Fail',
        replicas: 2,
        concurrency: 16,
      },
    ]);
  });

  it('is what webhookOutage chooses from', () => {
    const fault = (name: string) => `    - fault: { kind: webhookOutage, name: ${name}, mode: hang, duration: 1m }`;
    expect(problemsOf(scenarioText(text, fault('policy')))).toEqual([]);
    const [problem] = problemsOf(scenarioText(text, fault('polizy')));
    expect(problem?.details.path).toBe('spec.operations[0].fault.name');
    expect(problem?.details.nearest).toBe('policy');
  });
});
