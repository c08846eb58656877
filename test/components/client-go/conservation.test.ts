import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey } from '../../../src/cluster/index.ts';
import { StatusCode } from '../../../src/components/api-machinery/index.ts';
import { Gather } from '../../../src/components/client-go/index.ts';
import { NS_PER_SECOND, seconds, simTime } from '../../../src/units/index.ts';
import { ApiWorld } from '../api-world.ts';
import { ClusterWorld } from '../cluster-world.ts';

describe('requests', () => {
  it('are all answered or broken off in the end, whatever ends meanwhile', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ pause: fc.integer({ min: 0, max: 20 }), what: fc.nat(9) }), {
          minLength: 1,
          maxLength: 80,
        }),
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        fc.boolean(),
        (steps, inflight, limited, priorityAndFairness) => {
          const world = new ApiWorld({
            etcd: { members: 3 },
            kubeApiserver: {
              replicas: 2,
              restart: 0.05 * NS_PER_SECOND,
              priorityAndFairness,
              maxRequestsInflight: priorityAndFairness ? inflight : 400,
              maxMutatingRequestsInflight: inflight,
            },
          });
          const client = limited ? world.client(50, 5) : world.client();
          let answers = 0;
          let sent = 0;
          let last = 0;
          world.clientGo.observe({ onSent: () => sent++, onAnswered: () => last++ });
          const note = world.clientGo.onReplyDo(() => {
            answers++;
          });
          let issued = 0;
          for (const { pause, what } of steps) {
            world.simulation.run(simTime(world.simulation.now + seconds(pause / 1000)));
            if (what === 0) world.servers[issued % 2]?.crash();
            else if (what === 1) client.isCut = !client.isCut;
            else {
              issued++;
              const key = world.configMap(`c${what % 3}`);
              const request = what < 5 ? client.read(kinds.configmaps, key) : client.deletion(kinds.configmaps, key);
              client.send(request, note);
            }
          }
          client.isCut = false;
          world.simulation.run(simTime(world.simulation.now + seconds(600)));
          const { inUse, ownInUse } = world.requests;
          expect([answers, last, inUse - ownInUse]).toEqual([issued, issued, 0]);
          expect(sent).toBeLessThanOrEqual(11 * issued);
          world.clientGo.checkInvariants();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of a whole cluster are counted by every metric that counts them', () => {
    const world = new ClusterWorld({
      spec: 'parameters: { kubelet.imagesPresent: true }',
      operations: `
    - createNodes: { count: 5, preload: true }
    - createDeployment: { name: web, replicas: 40 }`,
    });
    world.perform();
    world.runFor(60);
    const { series } = world.recorder.result();
    const sum = (metric: string) =>
      series.filter((one) => one.metric === metric).reduce((total, one) => total + (one.statistics.final ?? 0), 0);
    expect(sum('rest_client_requests_total')).toBe(world.calls.length);
    // Answers that the API servers have given and the clients have not read yet are few.
    expect(Math.abs(sum('apiserver_request_total') - world.calls.length)).toBeLessThanOrEqual(3);
    expect(world.calls.every(({ sent, issued, at }) => issued <= sent && sent < at)).toBe(true);
  });
});

describe('requests that a process gathers', () => {
  it('go out together; the process goes on with the last answer, and is told of each', () => {
    const world = new ApiWorld();
    const gather = new Gather(world.clientGo);
    const client = world.client(10, 1);
    const codes: number[] = [];
    let took = 0;
    world.play(
      (function* body() {
        const requests = Array.from({ length: 11 }, (_, i) =>
          client.read(kinds.configmaps, world.configMap(`c${i}`) as ObjectKey),
        );
        const from = world.simulation.now;
        yield* gather.all(client, requests, (request) => codes.push(world.requests.code[request] as number));
        took = (world.simulation.now - from) / NS_PER_SECOND;
      })(),
    );
    expect(codes).toEqual(Array(11).fill(StatusCode.NotFound));
    // Ten of them wait for a token each.
    expect(took).toBeGreaterThan(1);
    expect(took).toBeLessThan(1.05);
  });

  it('may be none, and several processes may gather at once', () => {
    const world = new ApiWorld();
    const gather = new Gather(world.clientGo);
    const client = world.client();
    let done = 0;
    function* body(count: number): Generator<number, void, number> {
      const requests = Array.from({ length: count }, (_, i) => client.read(kinds.configmaps, world.configMap(`c${i}`)));
      yield* gather.all(client, requests);
      done++;
    }
    for (const count of [0, 3, 1, 7]) world.simulation.processes.spawn('test', body(count));
    world.simulation.run(simTime(seconds(5)));
    expect(done).toBe(4);
  });
});
