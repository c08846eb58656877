import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey } from '../../../src/cluster/index.ts';
import { seconds } from '../../../src/units/index.ts';
import { ClusterWorld } from '../cluster-world.ts';
import { fixedSpans, podManifest } from './one-node.ts';

/** A ConfigMap or Secret of the namespace default. */
function settings(kind: 'Secret' | 'ConfigMap', name: string, more = ''): string {
  return `---\napiVersion: v1\nkind: ${kind}\nmetadata: { name: ${name} }\n${more}\n`;
}

/** One node, the given objects, and then pods that a test binds. */
function world(objects: string, pods: string, ...parameters: string[]): ClusterWorld {
  const made = new ClusterWorld({
    spec: `${fixedSpans(...parameters)}\nschedulers: [{ name: default-scheduler }, { name: nobody }]`,
    operations: `
    - createNodes: { count: 1, preload: true }
    - apply: { manifests: objects.yaml }
    - apply: { manifests: pods.yaml }
    - apply: { manifests: late.yaml }`,
    files: { 'objects.yaml': objects, 'pods.yaml': pods, 'late.yaml': settings('Secret', 'late') },
  });
  made.cluster.schedulers[1]?.crash('leader', false, seconds(30 * 24 * 3600));
  made.runFor(1);
  made.perform();
  made.runFor(1);
  made.perform();
  made.runFor(1);
  made.forget();
  return made;
}

function bindAll(of: ClusterWorld): void {
  for (const key of of.podKeys()) of.bind(key, 'node-0');
}

/** Open watches of Secrets and ConfigMaps at the API server. */
function watches(of: ClusterWorld): number {
  const [server] = of.cluster.servers;
  return [kinds.secrets, kinds.configmaps].reduce((sum, kind) => sum + (server?.cache(kind).log.watchers ?? 0), 0);
}

const SECRET_VOLUME = '  volumes: [{ name: a, secret: { secretName: certificate } }]';

describe('watched Secrets and ConfigMaps', () => {
  it('are watched once a node, from the first pod that refers to them to the last', () => {
    const of = world(
      settings('Secret', 'certificate'),
      podManifest('one', SECRET_VOLUME) + podManifest('two', SECRET_VOLUME),
    );
    const before = watches(of);
    bindAll(of);
    of.runFor(10);
    expect(of.readyPods()).toBe(2);
    expect(of.of('WATCH secrets', 'kubelet')).toHaveLength(1);
    // The root certificate, which every pod mounts, is the other one.
    expect(watches(of) - before).toBe(2);
    expect(of.of('GET secrets')).toEqual([]);
    const [one, two] = of.podKeys() as [ObjectKey, ObjectKey];
    of.delete(kinds.pods, one);
    of.runFor(10);
    expect(watches(of) - before).toBe(2);
    of.delete(kinds.pods, two);
    of.runFor(10);
    expect(watches(of) - before).toBe(0);
  });

  it('are found in volumes, projected volumes, env, envFrom and pull secrets, each once', () => {
    const names = ['in-volume', 'projected', 'in-env', 'in-env-from', 'pull'];
    const spec = `  volumes:
    - { name: a, configMap: { name: in-volume } }
    - { name: b, projected: { sources: [{ configMap: { name: projected } }, { configMap: { name: in-volume } }] } }
  imagePullSecrets: [{ name: pull }]`;
    const env = `, env: [{ name: A, valueFrom: { configMapKeyRef: { name: in-env, key: a } } }], envFrom: [{ configMapRef: { name: in-env-from } }]`;
    const of = world(names.map((name) => settings('ConfigMap', name)).join(''), podManifest('pod', spec, env));
    bindAll(of);
    of.runFor(10);
    expect(of.readyPods()).toBe(1);
    const watched = of
      .of('WATCH configmaps', 'kubelet')
      .concat(of.of('WATCH secrets', 'kubelet'))
      .map(({ resource }) => resource);
    expect(watched.sort()).toEqual([...Array(5).fill('configmaps'), 'secrets']);
  });

  it('that are immutable are watched no longer once they are there', () => {
    const of = world(settings('Secret', 'certificate', 'immutable: true'), podManifest('one', SECRET_VOLUME));
    const before = watches(of);
    bindAll(of);
    of.runFor(10);
    expect(of.readyPods()).toBe(1);
    expect(of.of('WATCH secrets', 'kubelet')).toHaveLength(1);
    expect(watches(of) - before).toBe(1);
  });

  it('that only the environment names are watched no longer once nobody has asked for minutes', () => {
    const env = ', envFrom: [{ secretRef: { name: certificate } }]';
    const of = world(settings('Secret', 'certificate'), podManifest('one', '', env));
    const before = watches(of);
    bindAll(of);
    of.runFor(200);
    expect(watches(of) - before).toBe(2);
    of.runFor(200);
    expect(watches(of) - before).toBe(1);
  });

  it('hold a pod up that do not exist: FailedMount, and another look after 0.5, 1, 2 … s', () => {
    const of = world(settings('Secret', 'other'), podManifest('one', SECRET_VOLUME.replace('certificate', 'late')));
    bindAll(of);
    of.runFor(20);
    expect(of.readyPods()).toBe(0);
    const failures = of.calls.filter(({ reason }) => reason === 'FailedMount');
    expect(failures).toHaveLength(1);
    // Attempts at 0, 0.5, 1.5, 3.5, 7.5 and 15.5 s: the first event is created, the others counted up.
    expect(of.of('PATCH events', 'kubelet events')).toHaveLength(5);
    of.perform();
    of.runFor(8);
    expect(of.readyPods()).toBe(0);
    // The next attempt comes at 31.5 s.
    of.runFor(7);
    expect(of.readyPods()).toBe(1);
  });

  it('that are optional hold nobody up', () => {
    const volume = '  volumes: [{ name: a, secret: { secretName: late, optional: true } }]';
    const of = world(settings('Secret', 'other'), podManifest('one', volume));
    bindAll(of);
    of.runFor(10);
    expect(of.readyPods()).toBe(1);
  });
});

describe('the other strategies', () => {
  it('Get reads each object at every sync of a pod', () => {
    const strategy = 'kubelet.configMapAndSecretChangeDetectionStrategy: Get';
    const of = world(settings('Secret', 'certificate'), podManifest('one', SECRET_VOLUME), strategy);
    bindAll(of);
    of.runFor(10);
    expect(of.readyPods()).toBe(1);
    expect(of.of('WATCH secrets', 'kubelet')).toEqual([]);
    expect(of.of('GET secrets', 'kubelet')).toHaveLength(1);
    of.runFor(600);
    // Every 60 to 90 s.
    const reads = of.of('GET secrets', 'kubelet').length;
    expect(reads).toBeGreaterThanOrEqual(1 + 6);
    expect(reads).toBeLessThanOrEqual(1 + 10);
  });

  it('Cache reads what a new pod refers to, and again once the TTL is over: none in a small cluster', () => {
    const strategy = 'kubelet.configMapAndSecretChangeDetectionStrategy: Cache';
    const pods = podManifest('one', SECRET_VOLUME);
    const of = world(settings('Secret', 'certificate'), pods, strategy);
    bindAll(of);
    of.runFor(610);
    expect(of.readyPods()).toBe(1);
    expect(of.of('GET secrets', 'kubelet').length).toBeGreaterThanOrEqual(1 + 6);
  });
});
