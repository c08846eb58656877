import { it } from 'vitest';
import { kinds } from '../../../src/cluster/index.ts';
import { Preload } from '../../../src/components/preload.ts';
import { bytes, milliCpu } from '../../../src/units/index.ts';
import { ControllerWorld, podTemplate, ROLLING } from './controller-world.ts';

it('idle', () => {
  for (const withManager of [true, false]) {
    const w = new ControllerWorld({ kubeControllerManager: { nodeMonitorGracePeriod: 1e14 } });
    const preload = new Preload(w.tables, w.parameters.objectSize, w.store, w.servers);
    const allocatable = {
      cpu: milliCpu(64_000),
      memory: bytes(2 ** 38),
      ephemeralStorage: bytes(2 ** 40),
      extended: {},
    };
    for (let i = 0; i < 5000; i++)
      preload.node(`node-${i}`, { allocatable, pods: 110, labels: {}, taints: [], unschedulable: false });
    const t = podTemplate('web');
    for (let i = 0; i < 1500; i++)
      preload.deployment({
        namespace: 'default',
        name: 'd' + i,
        replicas: 100,
        selector: [],
        template: t,
        strategy: ROLLING,
        minReady: 0,
        revisionHistoryLimit: 10,
        bytes: 2546,
      });
    preload.finish();
    let t0 = performance.now();
    if (withManager) w.manager.start({ preloaded: true });
    console.log('start', performance.now() - t0);
    t0 = performance.now();
    w.runFor(1);
    console.log('first second', performance.now() - t0, w.simulation.eventsProcessed);
    t0 = performance.now();
    const e0 = w.simulation.eventsProcessed;
    w.runFor(1800);
    console.log('44 s', performance.now() - t0, w.simulation.eventsProcessed - e0);
  }
}, 100000);
