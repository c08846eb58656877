/** Volumes and claims: who binds them, who makes them, what becomes of them. */
import { describe, expect, it } from 'vitest';
import { ClaimPhase, kinds, NO_VERSION, type ObjectKey, VolumePhase } from '../../../src/cluster/index.ts';
import { ClusterWorld } from '../cluster-world.ts';

const storageClass = (name: string, ...lines: string[]) => `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: ${name}${lines.includes('default') ? ', annotations: { storageclass.kubernetes.io/is-default-class: "true" }' : ''} }
provisioner: ${lines.includes('static') ? 'kubernetes.io/no-provisioner' : 'disk.example.com'}
volumeBindingMode: ${lines.includes('waits') ? 'WaitForFirstConsumer' : 'Immediate'}
reclaimPolicy: Delete
---`;

const claim = (name: string, size: string, className?: string) => `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: ${name} }
spec:
  accessModes: [ReadWriteOnce]
  ${className === undefined ? '' : `storageClassName: "${className}"`}
  resources: { requests: { storage: ${size} } }
---`;

const volume = (name: string, size: string, className: string, claimName?: string) => `
apiVersion: v1
kind: PersistentVolume
metadata: { name: ${name} }
spec:
  capacity: { storage: ${size} }
  accessModes: [ReadWriteOnce]
  storageClassName: "${className}"
  csi: { driver: disk.example.com, volumeHandle: ${name} }
  ${claimName === undefined ? '' : `claimRef: { namespace: default, name: ${claimName} }`}
---`;

function worldWith(manifests: string[], operations = ''): ClusterWorld {
  return new ClusterWorld({
    operations: `
    - createNodes: { count: 3, zones: [a, b, c], preload: true }
    - apply: { manifests: storage.yaml }${operations}`,
    files: { 'storage.yaml': manifests.join('') },
  });
}

/** The volume of a claim and both phases; undefined for what is not there. */
function bindingOf(world: ClusterWorld, name: string) {
  const { tables, cluster } = world;
  const key = tables.keysOf('persistentvolumeclaims').find('default', name);
  const version = cluster.store.current(kinds.persistentvolumeclaims, key);
  if (version === NO_VERSION) return undefined;
  const { persistentvolumeclaims: claims, persistentvolumes: volumes } = tables;
  const volumeKey = claims.volume.get(version) as ObjectKey;
  if (volumeKey < 0) return { phase: claims.phase.get(version) };
  const bound = cluster.store.current(kinds.persistentvolumes, volumeKey);
  return {
    phase: claims.phase.get(version),
    volume: tables.keysOf('persistentvolumes').name(volumeKey),
    volumePhase: volumes.phase.get(bound),
    isMutual: volumes.claim.get(bound) === key,
  };
}

const BOUND = { phase: ClaimPhase.Bound, volumePhase: VolumePhase.Bound, isMutual: true };

describe('the persistent volume controller', () => {
  it('gives a claim the smallest free volume that fits it, of its class', () => {
    const world = worldWith([
      storageClass('slow', 'static'),
      volume('big', '100Gi', 'slow'),
      volume('small', '5Gi', 'slow'),
      volume('right', '10Gi', 'slow'),
      volume('other', '10Gi', 'fast'),
      claim('data', '8Gi', 'slow'),
    ]);
    world.perform();
    world.runFor(20);
    expect(bindingOf(world, 'data')).toEqual({ ...BOUND, volume: 'right' });
  });

  it('gives a volume that names a claim to that claim, and to no other', () => {
    const world = worldWith([
      storageClass('slow', 'static'),
      volume('reserved', '10Gi', 'slow', 'mine'),
      claim('other', '1Gi', 'slow'),
      claim('mine', '1Gi', 'slow'),
    ]);
    world.perform();
    world.runFor(20);
    expect(bindingOf(world, 'mine')).toEqual({ ...BOUND, volume: 'reserved' });
    expect(bindingOf(world, 'other')).toEqual({ phase: ClaimPhase.Pending });
  });

  it('never gives one volume to two claims, however many want it at once', () => {
    const manifests = [storageClass('slow', 'static')];
    for (let i = 0; i < 20; i++) manifests.push(claim(`claim-${i}`, '1Gi', 'slow'));
    for (let i = 0; i < 12; i++) manifests.push(volume(`volume-${i}`, '1Gi', 'slow'));
    const world = worldWith(manifests);
    world.perform();
    world.runFor(120);
    const bindings = Array.from({ length: 20 }, (_, i) => bindingOf(world, `claim-${i}`));
    const volumes = bindings.flatMap((binding) => binding?.volume ?? []);
    expect(new Set(volumes).size).toBe(12);
    expect(volumes).toHaveLength(12);
    expect(bindings.filter((binding) => binding?.isMutual === true)).toHaveLength(12);
  });

  it('asks the provisioner of the class, whose volume is bound and then takes four writes in all beside its POST', () => {
    const world = worldWith([storageClass('fast'), claim('data', '8Gi', 'fast')]);
    world.perform();
    world.runFor(60);
    expect(bindingOf(world, 'data')).toMatchObject(BOUND);
    const writes = world.calls.filter(
      ({ resource, code, what }) =>
        resource.startsWith('persistentvolume') &&
        code < 300 &&
        !what.startsWith('GET') &&
        !what.startsWith('LIST') &&
        !what.startsWith('WATCH'),
    );
    expect(writes.map(({ what }) => what)).toEqual([
      'POST persistentvolumeclaims',
      'PUT persistentvolumeclaims',
      'POST persistentvolumes',
      'PUT persistentvolumes/status',
      'PUT persistentvolumeclaims',
      'PUT persistentvolumeclaims/status',
    ]);
  });

  it('gives claims that name no class the default one', () => {
    const world = worldWith([storageClass('fast', 'default'), claim('data', '8Gi')]);
    world.perform();
    world.runFor(60);
    expect(bindingOf(world, 'data')).toMatchObject(BOUND);
  });

  it('leaves a claim alone that waits for its first pod', () => {
    const world = worldWith([storageClass('late', 'waits'), claim('data', '8Gi', 'late')]);
    world.perform();
    world.runFor(60);
    expect(bindingOf(world, 'data')).toEqual({ phase: ClaimPhase.Pending });
    expect(world.calls.some(({ reason }) => reason === 'WaitForFirstConsumer')).toBe(true);
  });
});
