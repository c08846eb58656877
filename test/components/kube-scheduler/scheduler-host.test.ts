/** Whose cores a scheduler and the clients of a load take in a whole cluster. */
import { expect, it } from 'vitest';
import { ClusterWorld } from '../cluster-world.ts';

/** CPU by machine after 200 pods were scheduled [s], and that of the scheduler as it is recorded. */
function run(parameters: string): { machines: Record<string, number>; scheduler: number } {
  const world = new ClusterWorld({
    spec: `parameters: { kubelet.imagesPresent: true, etcd.members: 1, kubeScheduler.clientQps: 0, ${parameters} }`,
    operations: `
    - createNodes: { count: 100, agents: false, preload: true }
    - createPods: { count: 200, requests: { cpu: 10m } }`,
  });
  world.perform();
  world.runFor(20);
  const machines = world.cluster.hosts.map((host) => [host.name, host.busyCoreNanoseconds() / 1e9]);
  const { series } = world.recorder.result();
  const cpu = series.find(({ metric }) => metric === 'process_cpu_seconds_total');
  return { machines: Object.fromEntries(machines), scheduler: cpu?.statistics.final ?? 0 };
}

const CONTROL_PLANE = 'control-plane host 0';

it('a scheduler shares the machine of its API server, or has one of its own', () => {
  const stacked = run('host.stackedScheduler: true');
  const apart = run('host.stackedScheduler: false');
  expect(Object.keys(stacked.machines)).toEqual([CONTROL_PLANE]);
  expect(Object.keys(apart.machines)).toEqual([CONTROL_PLANE, 'host 0 of kube-scheduler']);
  // A pod takes 0.9 ms of cycle on 100 nodes, two requests and two changes.
  const own = apart.machines['host 0 of kube-scheduler'] as number;
  expect(own).toBeGreaterThan(200 * 0.0013);
  expect(Math.abs(own / apart.scheduler - 1)).toBeLessThan(0.1);
  const saved = (stacked.machines[CONTROL_PLANE] as number) - (apart.machines[CONTROL_PLANE] as number);
  expect(saved / own).toBeGreaterThan(0.7);
  expect(saved / own).toBeLessThan(1.3);
});

it('clients of a load take the cores of a control-plane host only if they run there', () => {
  const cpu = (stacked: boolean) =>
    run(`host.stackedLoad: ${stacked}, host.loadRequestCpu: 5ms`).machines[CONTROL_PLANE] as number;
  const difference = cpu(true) - cpu(false);
  expect(difference).toBeGreaterThan(200 * 0.005 * 0.9);
  expect(difference).toBeLessThan(200 * 0.005 * 1.3);
});
