/**
 * The resource claim controller: makes the claims of pods that name templates of claims, tells the pods their names, and gives back and deletes the
 * claims of pods that have ended or are gone. K:pkg/controller/resourceclaim/controller.go.
 *
 * Left out: claims that users make themselves and that several pods may share.
 */
import {
  type DeviceRequest,
  deviceClaimsOf,
  kinds,
  NO_VERSION,
  type ObjectKey,
  type PodTemplate,
  type VersionHandle,
} from '../../../cluster/index.ts';
import { isSuccess, StatusCode, writes } from '../../api-machinery/index.ts';
import type { ApiClient, InformerIndex, SharedInformer } from '../../client-go/index.ts';
import type { ControllerQueue, ControllerSurroundings } from '../controller.ts';

/** The controller. */
export class ResourceClaimController {
  private readonly around: ControllerSurroundings;
  private readonly client: ApiClient;
  private readonly queue: ControllerQueue;
  private readonly pods: SharedInformer;
  private readonly claims: SharedInformer;
  private readonly templates: SharedInformer;
  /** Claims by the pod that owns them. */
  private readonly claimsOfPod: InformerIndex;

  constructor(around: ControllerSurroundings) {
    const { resourceclaims } = around.clientGo.tables;
    this.around = around;
    this.client = around.newClient('resource-claim-controller');
    this.pods = around.informer(kinds.pods);
    this.claims = around.informer(kinds.resourceclaims);
    this.templates = around.informer(kinds.resourceclaimtemplates);
    this.claimsOfPod = this.claims.addIndex((claim) => resourceclaims.owner.get(claim));
    const workers = around.parameters.concurrentResourceClaimSyncs;
    this.queue = around.newQueue('resource_claim', workers, (key) => this.sync(key as ObjectKey));
    this.pods.addHandler({
      onAdd: (pod) => this.enqueue(pod),
      onUpdate: (pod) => this.enqueue(pod),
      onDelete: (pod) => this.enqueue(pod),
    });
    // A claim that is deleted under its pod is made again.
    this.claims.addHandler({ onDelete: (claim) => this.queue.add(resourceclaims.owner.get(claim)) });
  }

  private enqueue(pod: VersionHandle): void {
    const { pods } = this.around.clientGo.tables;
    if (pods.template.get(pod)?.resourceClaims !== undefined) this.queue.add(pods.key.get(pod));
  }

  private *sync(key: ObjectKey): Generator<number, boolean, number> {
    const { pods } = this.around.clientGo.tables;
    const pod = this.pods.get(key);
    const needsClaims = pod !== NO_VERSION && !pods.isTerminal(pod);
    if (!needsClaims) return yield* this.release(key);
    if (pods.isTerminating(pod)) return true;
    return yield* this.provide(key, pod);
  }

  /** Claims that are missing are made, then the pod is told. */
  private *provide(key: ObjectKey, pod: VersionHandle): Generator<number, boolean, number> {
    const { requests, tables } = this.around.clientGo;
    const template = tables.pods.template.get(pod) as PodTemplate;
    const isTold = tables.pods.namesClaims.get(pod) === 1;
    const names = deviceClaimsOf(template, key, tables.keysOf('pods'), tables.keysOf('resourceclaims'));
    for (const [index, claim] of names.entries()) {
      if (this.claims.get(claim) !== NO_VERSION) continue;
      const wanted = this.requestsOf(template.resourceClaims?.[index]?.templateName as string, key);
      if (wanted === undefined) return false;
      const request = this.client.write(writes.resourceClaimCreate, claim);
      requests.object[request] = wanted;
      requests.setNumber(request, 0, key);
      const code = requests.code[yield* this.client.call(request)] as number;
      if (!isSuccess(code) && code !== StatusCode.Conflict) return false;
    }
    if (isTold) return true;
    const code = requests.code[yield* this.client.call(this.client.write(writes.podClaimNames, key))] as number;
    return isSuccess(code) || code === StatusCode.NotFound;
  }

  /** What a template of claims asks for; undefined = there is no such template yet. */
  private requestsOf(name: string, pod: ObjectKey): readonly DeviceRequest[] | undefined {
    const { tables } = this.around.clientGo;
    const namespace = tables.keysOf('pods').namespace(pod);
    const version = this.templates.get(tables.keysOf('resourceclaimtemplates').find(namespace, name));
    return version === NO_VERSION ? undefined : tables.resourceclaimtemplates.requests.get(version);
  }

  /** The claims of a pod that needs them no longer are given back, and deleted. */
  private *release(pod: ObjectKey): Generator<number, boolean, number> {
    const { requests, tables } = this.around.clientGo;
    for (const claim of [...this.claimsOfPod.keys(pod)]) {
      const version = this.claims.get(claim);
      if (version === NO_VERSION || tables.resourceclaims.deletedAt.get(version) >= 0) continue;
      if (tables.resourceclaims.node.get(version) >= 0) {
        const request = this.client.write(writes.resourceClaimStatus, claim);
        requests.setNumber(request, 0, -1);
        requests.setNumber(request, 1, -1);
        const code = requests.code[yield* this.client.call(request)] as number;
        if (!isSuccess(code) && code !== StatusCode.NotFound) return false;
      }
      const code = requests.code[yield* this.client.call(this.client.deletion(kinds.resourceclaims, claim))] as number;
      if (!isSuccess(code) && code !== StatusCode.NotFound) return false;
    }
    return true;
  }
}
