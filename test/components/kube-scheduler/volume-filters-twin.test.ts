/**
 * The filters of volumes against what upstream's rules say of the objects themselves: whatever claims, volumes, zones and limits there are, a pod that is
 * bound could go where it is, and one that is not bound could go nowhere. K:pkg/scheduler/framework/plugins/{volumebinding,volumezone,volumerestrictions,nodevolumelimits}.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { kinds, NO_VERSION, type NodeSpecification, type ObjectKey } from '../../../src/cluster/index.ts';
import { ClusterWorld } from '../cluster-world.ts';

const ZONE = 'topology.kubernetes.io/zone';
const DRIVER = 'disk.example.com';
/** Volumes of the driver that each node can attach. */
const LIMIT = 2;
const NODES = 4;

const CLASSES = `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: network }
provisioner: ${DRIVER}
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: local }
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: WaitForFirstConsumer
---`;

/** A volume of the class local: on one node, in a zone by its label once it is bound, or anywhere; so large [Gi]. */
interface DrawnVolume {
  readonly at: number | 'a' | 'b' | undefined;
  readonly size: number;
}

interface DrawnClaim {
  readonly className: 'network' | 'local';
  readonly size: number;
  readonly mode: 'ReadWriteOnce' | 'ReadWriteOncePod';
}

function volumeManifest({ at, size }: DrawnVolume, i: number): string {
  const labels = typeof at === 'string' ? `, labels: { ${ZONE}: ${at} }` : '';
  const term = `{ matchExpressions: [{ key: kubernetes.io/hostname, operator: In, values: [node-${at}] }] }`;
  const affinity = typeof at === 'number' ? `, nodeAffinity: { required: { nodeSelectorTerms: [${term}] } }` : '';
  const modes = 'accessModes: [ReadWriteOnce, ReadWriteOncePod]';
  return `
apiVersion: v1
kind: PersistentVolume
metadata: { name: v${i}${labels} }
spec: { capacity: { storage: ${size}Gi }, ${modes}, storageClassName: local, local: { path: /mnt }${affinity} }
---`;
}

const claimManifest = ({ className, size, mode }: DrawnClaim, i: number) => `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: c${i} }
spec: { accessModes: [${mode}], storageClassName: ${className}, resources: { requests: { storage: ${size}Gi } } }
---`;

const podManifest = (claims: readonly number[], i: number) => `
apiVersion: v1
kind: Pod
metadata: { name: p${i} }
spec:
  containers: [{ name: main, image: app, resources: { requests: { cpu: 10m, memory: 16Mi } } }]
  volumes: [${claims.map((claim) => `{ name: v${claim}, persistentVolumeClaim: { claimName: c${claim} } }`).join(', ')}]
---`;

/** What the store says at the end. */
class Truth {
  private readonly world: ClusterWorld;
  private readonly claims: readonly DrawnClaim[];
  private readonly podClaims: readonly (readonly number[])[];
  private readonly boundBefore = new Set<number>();

  constructor(world: ClusterWorld, claims: readonly DrawnClaim[], podClaims: readonly (readonly number[])[]) {
    this.world = world;
    this.claims = claims;
    this.podClaims = podClaims;
  }

  /** Remembers which claims have their volumes now. */
  noteBoundClaims(): void {
    this.claims.forEach((_, claim) => {
      if (this.volumeOf(claim) !== NO_VERSION) this.boundBefore.add(claim);
    });
  }

  /** Number of a pod's node; undefined = it is not bound. */
  nodeOf(pod: number): number | undefined {
    const { tables } = this.world;
    const slot = tables.pods.node.get(this.world.pod(tables.keysOf('pods').find('default', `p${pod}`)));
    return slot < 0
      ? undefined
      : Number(
          tables
            .keysOf('nodes')
            .name(slot as ObjectKey)
            .slice('node-'.length),
        );
  }

  /** Whether a pod could be on a node with all others where they are; `zones`: of which bound volumes the zones count. */
  fits(pod: number, node: number, zones: 'all' | 'none' | 'bound before'): boolean {
    const others = this.podClaims.map((_, i) => i).filter((i) => i !== pod && this.nodeOf(i) !== undefined);
    const own = this.podClaims[pod] as readonly number[];
    const usedBy = (some: readonly number[]) => some.flatMap((i) => this.podClaims[i] as readonly number[]);
    const elsewhere = usedBy(others);
    const here = usedBy(others.filter((i) => this.nodeOf(i) === node));
    const isNetwork = (claim: number) => this.claims[claim]?.className === 'network';
    if (new Set([...here, ...own].filter(isNetwork)).size > LIMIT) return false;
    return own.every((claim) => {
      if (this.claims[claim]?.mode === 'ReadWriteOncePod' && elsewhere.includes(claim)) return false;
      const bound = this.volumeOf(claim);
      const minds = zones === 'all' || (zones === 'bound before' && this.boundBefore.has(claim));
      if (bound !== NO_VERSION) return this.allows(bound, node) && (!minds || this.isInZone(bound, node));
      return isNetwork(claim) || this.freeVolumes(claim).some((volume) => this.allows(volume, node));
    });
  }

  private volumeOf(claim: number) {
    const { tables, cluster } = this.world;
    const key = tables.keysOf('persistentvolumeclaims').find('default', `c${claim}`);
    const volume = tables.persistentvolumeclaims.volume.get(cluster.store.current(kinds.persistentvolumeclaims, key));
    return volume < 0 ? NO_VERSION : cluster.store.current(kinds.persistentvolumes, volume as ObjectKey);
  }

  private freeVolumes(claim: number) {
    const { tables, cluster } = this.world;
    const found: ReturnType<typeof cluster.store.current>[] = [];
    cluster.store.forEachCurrent(kinds.persistentvolumes, (key) => {
      const version = cluster.store.current(kinds.persistentvolumes, key);
      const volume = tables.persistentvolumes.specification.get(version);
      const isFree = tables.persistentvolumes.claim.get(version) < 0;
      const isLarge = (volume?.capacity ?? 0) >= (this.claims[claim]?.size ?? 0) * 2 ** 30;
      if (isFree && isLarge && volume?.storageClass === 'local') found.push(version);
    });
    return found;
  }

  private allows(volume: ReturnType<ClusterWorld['pod']>, node: number): boolean {
    const terms = this.world.tables.persistentvolumes.specification.get(volume)?.nodeAffinity;
    const value = (key: string) => (key === ZONE ? this.zoneOf(node) : `node-${node}`);
    return (
      terms?.some(({ matchExpressions }) => matchExpressions.every(({ key, values }) => values.includes(value(key)))) ??
      true
    );
  }

  private isInZone(volume: ReturnType<ClusterWorld['pod']>, node: number): boolean {
    const zone = this.world.tables.persistentvolumes.specification.get(volume)?.labels[ZONE];
    return zone === undefined || zone === this.zoneOf(node);
  }

  private zoneOf(node: number): string {
    const { tables, cluster } = this.world;
    const version = cluster.store.current(kinds.nodes, tables.keysOf('nodes').find('', `node-${node}`));
    return (tables.nodes.specification.get(version) as NodeSpecification).labels[ZONE] as string;
  }
}

const drawnVolume = fc.record({
  at: fc.oneof(fc.nat(NODES - 1), fc.constantFrom('a' as const, 'b' as const, undefined)),
  size: fc.integer({ min: 1, max: 3 }),
});
const drawnClaim = fc.record({
  className: fc.constantFrom('network' as const, 'local' as const),
  size: fc.integer({ min: 1, max: 3 }),
  mode: fc.constantFrom('ReadWriteOnce' as const, 'ReadWriteOnce' as const, 'ReadWriteOncePod' as const),
});

it('pods with claims are where the rules allow it, or nowhere', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(
      fc.array(drawnVolume, { minLength: 1, maxLength: 6 }),
      fc.array(drawnClaim, { minLength: 4, maxLength: 8 }),
      fc.array(fc.uniqueArray(fc.nat(7), { minLength: 1, maxLength: 2 }), { minLength: 6, maxLength: 12 }),
      (volumes, claims, drawn) => {
        const podClaims = drawn.map((some) => [...new Set(some.map((claim) => claim % claims.length))]);
        const pods = podClaims.map(podManifest);
        const half = Math.floor(pods.length / 2);
        const before = `${CLASSES}${volumes.map(volumeManifest).join('')}${claims.map(claimManifest).join('')}`;
        const world = new ClusterWorld({
          spec: 'parameters: { kubelet.imagesPresent: true }',
          operations: `
    - createNodes: { count: ${NODES}, zones: [a, b], csiDrivers: { ${DRIVER}: ${LIMIT} }, preload: true }
    - apply: { manifests: before.yaml, preload: true }
    - apply: { manifests: first.yaml }
    - apply: { manifests: second.yaml }`,
          files: {
            'before.yaml': before,
            'first.yaml': pods.slice(0, half).join(''),
            'second.yaml': pods.slice(half).join(''),
          },
        });
        const truth = new Truth(world, claims, podClaims);
        world.perform();
        world.runFor(30);
        truth.noteBoundClaims();
        world.perform();
        world.runFor(60);
        podClaims.forEach((_, pod) => {
          const node = truth.nodeOf(pod);
          // Zones count for volumes that were bound already: a pod that waits sees all of them so, one of the second half those of the first.
          const zones = node === undefined ? 'all' : pod < half ? 'none' : 'bound before';
          const possible = Array.from({ length: NODES }, (_, i) => i).filter((i) => truth.fits(pod, i, zones));
          if (node === undefined) expect(possible, `p${pod} waits`).toEqual([]);
          else expect(possible, `p${pod} runs`).toContain(node);
        });
      },
    ),
    { numRuns: 12, seed: 4 },
  );
});
