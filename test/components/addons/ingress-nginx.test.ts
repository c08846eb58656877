/** The ingress controller: what makes it reload, how long users wait for a change, and what it asks of the API servers. */
import { describe, expect, it } from 'vitest';
import { kinds } from '../../../src/cluster/index.ts';
import { ClusterWorld } from '../cluster-world.ts';

const SHOP = `
    - createNodes: { count: 3, allocatable: { cpu: "8", memory: 32Gi, pods: 110 }, preload: true }
    - createDeployment: { name: shop, replicas: 6, requests: { cpu: 100m }, preload: true }
    - createService: { name: shop, selector: { app: shop }, ports: [{ port: 80 }], preload: true }
    - createIngress: { name: shop, service: shop, hosts: 2, paths: 3, preload: true }`;

function world(operations: string, parameters = ''): ClusterWorld {
  return new ClusterWorld({
    operations: `${SHOP}\n${operations}`,
    spec: `addons: { ingressNginx: { replicas: 1 } }\nparameters: { kubelet.imagesPresent: true${parameters === '' ? '' : `, ${parameters}`} }`,
  });
}

const programmed = (from: ClusterWorld, change: string) =>
  from.series('plimsoll_ingress_programming_duration_seconds', `change=${change}`)?.statistics;
const reloads = (from: ClusterWorld) => from.series('nginx_ingress_controller_success')?.statistics.final ?? 0;

describe('rules', () => {
  it('that are new are reloaded at once, and of many that follow one after the other each 3.3 s', () => {
    const made = world('    - createIngress: { name: more, count: 20, service: shop, rate: 2/s }');
    made.runFor(30);
    expect(reloads(made)).toBe(0);
    made.perform();
    made.runFor(30);
    // At 0 s, then at 3.3, 6.7 and 10 s: three reloads take up all that came between.
    expect(reloads(made)).toBe(4);
    expect(programmed(made, 'ingress')?.count).toBe(20);
    expect(programmed(made, 'ingress')?.min).toBeLessThan(0.5);
    expect(programmed(made, 'ingress')?.max).toBeGreaterThan(3);
    expect(programmed(made, 'ingress')?.max).toBeLessThan(3.8);
  });

  it('take longer the more servers and locations there are', () => {
    const reload = (hosts: number, paths: number) => {
      const made = world(`    - createIngress: { name: large, service: shop, hosts: ${hosts}, paths: ${paths} }`);
      made.perform();
      made.runFor(10);
      return made.series('plimsoll_ingress_reload_duration_seconds')?.statistics.max ?? 0;
    };
    // 200 ms, and of the two hosts and six paths that were there 2 x 0.5 ms + 6 x 0.2 ms; then 100 hosts of 10 paths.
    expect(reload(100, 10)).toBeCloseTo(0.2 + 0.0022 + 100 * 0.0005 + 1000 * 0.0002, 5);
    expect(reload(1, 1)).toBeCloseTo(0.2 + 0.0022 + 0.0007, 5);
  });
});

describe('endpoints', () => {
  it('reach nginx without a reload, but wait for the same limiter', () => {
    const rolled = world('    - rollout: { deployments: shop }');
    rolled.runFor(10);
    rolled.perform();
    rolled.runFor(60);
    expect(reloads(rolled)).toBe(0);
    expect(programmed(rolled, 'endpoints')?.count).toBeGreaterThan(5);
    expect(programmed(rolled, 'endpoints')?.max).toBeGreaterThan(2);
    expect(programmed(rolled, 'endpoints')?.max).toBeLessThan(4.5);
    const quick = world('    - rollout: { deployments: shop }', 'ingressNginx.syncRateLimit: 1000');
    quick.runFor(10);
    quick.perform();
    quick.runFor(60);
    expect(programmed(quick, 'endpoints')?.max).toBeLessThan(0.5);
  });
});

describe('status', () => {
  it('is written once for each new Ingress, within a minute', () => {
    const made = world('    - createIngress: { name: more, count: 3, service: shop }');
    made.perform();
    made.runFor(1);
    const addresses = () => made.stored(kinds.ingresses).filter((v) => made.tables.ingresses.hasAddress.get(v) === 1);
    expect(addresses()).toHaveLength(1);
    made.runFor(180);
    expect(addresses()).toHaveLength(4);
    expect(made.of('PUT ingresses/status')).toHaveLength(3);
  });
});

describe('old workers', () => {
  it('stay in memory for four minutes after each reload', () => {
    const made = world('    - createIngress: { name: more, count: 30, service: shop, rate: 1/s }');
    made.perform();
    const memory = () =>
      made.series('process_resident_memory_bytes', 'instance=largest;job=ingress-nginx')?.statistics.final ?? 0;
    expect(memory()).toBe(100e6 + 4 * 20e6);
    made.runFor(40);
    // Nine or ten generations of four workers more.
    expect(memory()).toBe(100e6 + 4 * 20e6 * (1 + reloads(made)));
    expect(reloads(made)).toBeGreaterThanOrEqual(9);
    made.runFor(260);
    expect(memory()).toBe(100e6 + 4 * 20e6);
  });
});

describe('manifests', () => {
  it('of Ingresses are read: hosts, paths, default backend and Secrets', () => {
    const made = new ClusterWorld({
      operations: `${SHOP}\n    - apply: { manifests: ingress.yaml }`,
      spec: 'addons: { ingressNginx: {} }',
      files: {
        'ingress.yaml': `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: front }
spec:
  ingressClassName: nginx
  defaultBackend: { service: { name: shop, port: { number: 80 } } }
  tls: [{ hosts: [a.example.com], secretName: certificate }]
  rules:
    - host: a.example.com
      http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: shop, port: { number: 80 } } } }
`,
      },
    });
    made.perform();
    made.runFor(5);
    const key = made.tables.keysOf('ingresses').find('default', 'front');
    const stored = made.tables.ingresses.specification.get(made.cluster.store.current(kinds.ingresses, key));
    expect(stored).toEqual({
      className: 'nginx',
      rules: [{ host: 'a.example.com', paths: [{ path: '/', service: 'shop' }] }],
      defaultService: 'shop',
      tlsSecrets: ['certificate'],
    });
    expect(reloads(made)).toBe(2);
  });
});
