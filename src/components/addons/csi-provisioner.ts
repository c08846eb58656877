/**
 * The external provisioner of one CSI driver, as it runs beside the driver's controller (github.com/kubernetes-csi/external-provisioner, sig-storage-lib).
 *
 * Modelled: informers of claims, volumes, classes and nodes; a volume for each claim that asks this driver, where the scheduler has chosen if the class
 * waits for that; the driver's time, POST of the PersistentVolume that names the claim, events; deletion of released volumes with reclaim policy Delete.
 * Left out: its leader election, capacity objects, refusals and quotas of the storage system, attaching and mounting.
 */
import {
  type ClaimSpecification,
  kinds,
  LABEL_ZONE,
  NO_VERSION,
  type NodeSpecification,
  type ObjectKey,
  type ObjectTables,
  type StorageClassSpecification,
  type VersionHandle,
  VolumePhase,
  type VolumeSpecification,
} from '../../cluster/index.ts';
import type { Process, RandomStream, ValuesOf } from '../../engine/index.ts';
import { isSuccess, type Requests, StatusCode, writes } from '../api-machinery/index.ts';
import {
  type ApiClient,
  type ClientGo,
  EventRecorder,
  type EventRecorderReplies,
  type ReflectorReplies,
  SharedInformer,
  WorkQueue,
} from '../client-go/index.ts';
import type { Addon } from './addon.ts';
import type { csiProvisionerParameters } from './csi-provisioner.parameters.ts';

/** What a provisioner is made with. */
export interface CsiProvisionerOptions {
  readonly clientGo: ClientGo;
  readonly reflectorReplies: ReflectorReplies;
  readonly eventRecorderReplies: EventRecorderReplies;
  readonly parameters: ValuesOf<typeof csiProvisionerParameters>;
  /** Name of the driver, which StorageClasses give as their provisioner. */
  readonly driver: string;
}

/** One provisioner. */
export class CsiProvisioner implements Addon {
  private readonly options: CsiProvisionerOptions;
  private readonly tables: ObjectTables;
  private readonly requests: Requests;
  private readonly client: ApiClient;
  private readonly events: EventRecorder;
  private readonly claims: SharedInformer;
  private readonly volumes: SharedInformer;
  private readonly classes: SharedInformer;
  private readonly nodes: SharedInformer;
  private readonly claimQueue: WorkQueue;
  private readonly volumeQueue: WorkQueue;
  private readonly draws: RandomStream;

  constructor(options: CsiProvisionerOptions) {
    const { clientGo, parameters, driver, reflectorReplies } = options;
    this.options = options;
    this.tables = clientGo.tables;
    this.requests = clientGo.requests;
    this.draws = clientGo.simulation.streams.stream(`csiProvisioner.${driver}`);
    this.client = clientGo.newClient({
      name: `csi-provisioner ${driver}`,
      user: `system:serviceaccount:kube-system:csi-provisioner-${driver}`,
      groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
      qps: parameters.clientQps,
      burst: parameters.clientBurst,
      onNode: true,
    });
    this.events = new EventRecorder(clientGo, this.client, options.eventRecorderReplies);
    const informer = (kind: (typeof kinds)[keyof typeof kinds]) =>
      new SharedInformer(clientGo, this.client, kind, reflectorReplies);
    this.claims = informer(kinds.persistentvolumeclaims);
    this.volumes = informer(kinds.persistentvolumes);
    this.classes = informer(kinds.storageclasses);
    this.nodes = informer(kinds.nodes);
    const { workers } = parameters;
    const queue = (what: string, sync: (key: ObjectKey) => Generator<number, boolean, number>): WorkQueue => {
      const made: WorkQueue = new WorkQueue(clientGo, `${driver} ${what}`, workers, (key) =>
        this.work(made, key as ObjectKey, sync),
      );
      return made;
    };
    this.claimQueue = queue('claims', (key) => this.provision(key));
    this.volumeQueue = queue('volumes', (key) => this.remove(key));
    this.listen();
  }

  /** It has been running for long, and its informers know what was there before the run. */
  start(): void {
    for (const informer of [this.classes, this.nodes, this.claims, this.volumes]) informer.startPreloaded();
  }

  private listen(): void {
    const { persistentvolumeclaims, persistentvolumes } = this.tables;
    const claimSeen = (claim: VersionHandle) => {
      if (this.shouldProvision(claim)) this.claimQueue.add(persistentvolumeclaims.key.get(claim));
    };
    const volumeSeen = (volume: VersionHandle) => {
      if (this.shouldDelete(volume)) this.volumeQueue.add(persistentvolumes.key.get(volume));
    };
    this.claims.addHandler({ onAdd: claimSeen, onUpdate: claimSeen });
    this.volumes.addHandler({ onAdd: volumeSeen, onUpdate: volumeSeen });
  }

  private *work(
    queue: WorkQueue,
    key: ObjectKey,
    sync: (key: ObjectKey) => Generator<number, boolean, number>,
  ): Process {
    if (yield* sync(key)) queue.forget(key);
    else queue.addRateLimited(key);
  }

  // ---- volumes that are missing ------------------------------------------------------------------------------------------------

  /** Whether a claim asks this driver for a volume, and it is known where (shouldProvision). */
  private shouldProvision(claim: VersionHandle): boolean {
    const { persistentvolumeclaims: claims } = this.tables;
    if (claims.volume.get(claim) >= 0 || claims.wantsVolume.get(claim) === 0) return false;
    const found = this.classOf(claim);
    if (found?.provisioner !== this.options.driver) return false;
    return !found.waitsForConsumer || claims.selectedNode.get(claim) >= 0;
  }

  private *provision(key: ObjectKey): Generator<number, boolean, number> {
    const { persistentvolumeclaims: claims } = this.tables;
    const claim = this.claims.get(key);
    if (claim === NO_VERSION || !this.shouldProvision(claim)) return true;
    const specification = claims.specification.get(claim) as ClaimSpecification;
    const { reclaimPolicy } = this.classOf(claim) as StorageClassSpecification;
    const uid = claims.uid.get(claim);
    const zone = this.zoneOf(claims.selectedNode.get(claim));
    this.events.record('Provisioning', kinds.persistentvolumeclaims, key);
    yield this.options.parameters.createVolumeTime.sample(this.draws);
    // The volume is named after the claim's uid, so that a second attempt finds the first one's (pvc-<uid>).
    const name = this.tables.keysOf('persistentvolumes').intern('', `pvc-${uid}`);
    const request = this.client.write(writes.persistentVolumeCreate, name);
    this.requests.object[request] = this.volumeFor(specification, reclaimPolicy, zone);
    this.requests.setNumber(request, 0, key);
    this.requests.setNumber(request, 1, uid);
    const code = this.requests.code[yield* this.client.call(request)] as number;
    if (!isSuccess(code) && code !== StatusCode.Conflict) return false;
    this.events.record('ProvisioningSucceeded', kinds.persistentvolumeclaims, key);
    return true;
  }

  /** The volume that serves a claim; one made in a zone can be used there only. */
  private volumeFor(
    { request, storageClass = '', accessModes, bytes }: ClaimSpecification,
    reclaimPolicy: VolumeSpecification['reclaimPolicy'],
    zone: string | undefined,
  ): VolumeSpecification {
    const nodeAffinity =
      zone === undefined
        ? {}
        : {
            nodeAffinity: [
              { matchExpressions: [{ key: LABEL_ZONE, operator: 'In', values: [zone] } as const], matchFields: [] },
            ],
          };
    const { driver } = this.options;
    return { capacity: request, storageClass, accessModes, driver, labels: {}, ...nodeAffinity, reclaimPolicy, bytes };
  }

  /** Zone of the chosen node; without a choice, that of some node, as drivers pick one; undefined where nodes have none. */
  private zoneOf(chosen: number): string | undefined {
    const { nodes } = this.tables;
    const labelOf = (version: VersionHandle) =>
      (nodes.specification.get(version) as NodeSpecification).labels[LABEL_ZONE];
    if (chosen >= 0) {
      const node = this.nodes.get(chosen as ObjectKey);
      return node === NO_VERSION ? undefined : labelOf(node);
    }
    const zones: string[] = [];
    this.nodes.forEach((_, version) => {
      const zone = labelOf(version);
      if (zone !== undefined && !zones.includes(zone)) zones.push(zone);
    });
    return zones[Math.floor(this.draws.next() * zones.length)];
  }

  // ---- volumes that nobody needs any more --------------------------------------------------------------------------------------

  /** Whether a volume of this driver is to be deleted (shouldDelete). */
  private shouldDelete(volume: VersionHandle): boolean {
    const { persistentvolumes: volumes } = this.tables;
    if (volumes.phase.get(volume) !== VolumePhase.Released) return false;
    const { driver, reclaimPolicy } = volumes.specification.get(volume) as VolumeSpecification;
    return driver === this.options.driver && reclaimPolicy === 'Delete';
  }

  private *remove(key: ObjectKey): Generator<number, boolean, number> {
    const volume = this.volumes.get(key);
    if (volume === NO_VERSION || !this.shouldDelete(volume)) return true;
    yield this.options.parameters.deleteVolumeTime.sample(this.draws);
    const reply = yield* this.client.call(this.client.deletion(kinds.persistentvolumes, key));
    const code = this.requests.code[reply] as number;
    return isSuccess(code) || code === StatusCode.NotFound;
  }

  private classOf(claim: VersionHandle): StorageClassSpecification | undefined {
    const { storageClass } = this.tables.persistentvolumeclaims.specification.get(claim) as ClaimSpecification;
    if (storageClass === undefined || storageClass === '') return undefined;
    const version = this.classes.get(this.tables.keysOf('storageclasses').find('', storageClass));
    return version === NO_VERSION ? undefined : (this.tables.storageclasses.specification.get(version) ?? undefined);
  }
}
