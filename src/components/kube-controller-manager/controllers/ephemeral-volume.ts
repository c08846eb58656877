/**
 * The ephemeral volume controller: makes the claims of pods whose volumes are generic ephemeral ones; the garbage collector takes them away with the
 * pod. K:pkg/controller/volume/ephemeral/controller.go.
 */
import {
  claimsOf,
  kinds,
  NO_VERSION,
  type ObjectKey,
  type PodTemplate,
  type VersionHandle,
} from '../../../cluster/index.ts';
import { isSuccess, StatusCode, writes } from '../../api-machinery/index.ts';
import type { ApiClient, SharedInformer } from '../../client-go/index.ts';
import type { ControllerQueue, ControllerSurroundings } from '../controller.ts';

/** The controller. */
export class EphemeralVolumeController {
  private readonly around: ControllerSurroundings;
  private readonly client: ApiClient;
  private readonly queue: ControllerQueue;
  private readonly pods: SharedInformer;
  private readonly claims: SharedInformer;

  constructor(around: ControllerSurroundings) {
    const { parameters } = around;
    this.around = around;
    this.client = around.newClient('ephemeral-volume-controller');
    this.pods = around.informer(kinds.pods);
    this.claims = around.informer(kinds.persistentvolumeclaims);
    const workers = parameters.concurrentEphemeralVolumeSyncs;
    this.queue = around.newQueue('ephemeral_volume', workers, (key) => this.sync(key as ObjectKey));
    this.pods.addHandler({ onAdd: (pod) => this.enqueue(pod) });
    const { persistentvolumeclaims } = around.clientGo.tables;
    this.claims.addHandler({
      // A claim that is deleted under its pod is made again.
      onDelete: (claim) => {
        if (persistentvolumeclaims.owner.get(claim) >= 0) this.queue.add(persistentvolumeclaims.owner.get(claim));
      },
    });
  }

  private enqueue(pod: VersionHandle): void {
    const { pods } = this.around.clientGo.tables;
    const { volumes } = pods.template.get(pod) as PodTemplate;
    if (volumes?.some(({ ephemeral }) => ephemeral !== undefined) && !pods.isTerminating(pod))
      this.queue.add(pods.key.get(pod));
  }

  private *sync(key: ObjectKey): Generator<number, boolean, number> {
    const { requests, tables } = this.around.clientGo;
    const pod = this.pods.get(key);
    if (pod === NO_VERSION || tables.pods.isTerminating(pod)) return true;
    const template = tables.pods.template.get(pod) as PodTemplate;
    const claims = claimsOf(template, key, tables.keysOf('pods'), tables.keysOf('persistentvolumeclaims'));
    for (const [index, claim] of claims.entries()) {
      const specification = template.volumes?.[index]?.ephemeral;
      if (specification === undefined || this.claims.get(claim) !== NO_VERSION) continue;
      const request = this.client.write(writes.persistentVolumeClaimCreate, claim);
      requests.object[request] = specification;
      requests.setNumber(request, 0, key);
      requests.setNumber(request, 1, -1);
      const code = requests.code[yield* this.client.call(request)] as number;
      if (!isSuccess(code) && code !== StatusCode.Conflict) return false;
    }
    return true;
  }
}
