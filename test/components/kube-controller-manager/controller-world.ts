/** A small world with nodes and the real controller manager. Every answered call is written down. */
import {
  type DeploymentStrategy,
  type Kind,
  kinds,
  type ObjectKey,
  type PodTemplate,
  type ServiceSpecification,
  type VersionHandle,
} from '../../../src/cluster/index.ts';
import { type RequestId, Verb, verbNames, writeList, writes } from '../../../src/components/api-machinery/index.ts';
import { type ApiClient, eventRecorderReplies } from '../../../src/components/client-go/index.ts';
import { KubeControllerManager } from '../../../src/components/kube-controller-manager/index.ts';
import { readManifests, TemplateRegistry } from '../../../src/manifests/index.ts';
import { bytes, milliseconds, seconds, simTime } from '../../../src/units/index.ts';
import type { Overrides } from '../api-world.ts';
import { type NodeBehaviour, NodeWorld } from './node-world.ts';

/** A call that was answered. */
export interface Call {
  /** When [s]. */
  readonly at: number;
  readonly client: string;
  /** "POST pods", "PUT replicasets/status". */
  readonly what: string;
  readonly code: number;
}

const templates = new TemplateRegistry();

/** A template as a user would write it; another version of an app has another image. */
export function podTemplate(app: string, version = 1, tolerations = '[]'): PodTemplate {
  const text =
    `apiVersion: v1\nkind: Pod\nmetadata: { name: ${app}, labels: { app: ${app} } }\n` +
    `spec: { containers: [{ name: c, image: "i:${version}" }], tolerations: ${tolerations} }\n`;
  const [intent] = readManifests('pod.yaml', text, { templates }).intents;
  if (intent?.kind !== 'Pod') throw new Error('no pod');
  return intent.template;
}

/** The default strategy. */
export const ROLLING: DeploymentStrategy = { type: 'RollingUpdate', maxSurge: '25%', maxUnavailable: '25%' };

export class ControllerWorld extends NodeWorld {
  readonly manager: KubeControllerManager;
  readonly calls: Call[] = [];
  /** Requests by client and sort with the instants at which they were issued [ns]. */
  readonly issued: { readonly at: number; readonly client: string; readonly what: string }[] = [];

  constructor(overrides: Overrides = {}, behaviour: NodeBehaviour = {}, seed = 'controllers') {
    super(overrides, behaviour, seed);
    const { clientGo } = this;
    this.recordCalls();
    this.manager = new KubeControllerManager({
      clientGo,
      reflectorReplies: clientGo.reflectorReplies,
      eventRecorderReplies: eventRecorderReplies(clientGo),
      parameters: this.parameters.kubeControllerManager,
      generation: 1,
    });
  }

  /** Starts everything and runs until the caches are filled. */
  start(): void {
    this.pods.start();
    this.manager.start({ preloaded: false });
    this.runFor(1);
    this.calls.length = 0;
  }

  /** Runs until a condition holds; fails after `limit` seconds. Returns how long it took [s]. */
  runUntil(condition: () => boolean, limit = 600): number {
    const start = this.simulation.now;
    while (!condition()) {
      if (this.simulation.now - start > seconds(limit)) throw new Error(`not within ${limit} s`);
      this.simulation.run(simTime(this.simulation.now + milliseconds(1)));
    }
    return (this.simulation.now - start) / seconds(1);
  }

  // ---- what tests look at ------------------------------------------------------------------------------------------------------

  /** Counts of calls by what they were, of one client or of all. */
  counts(client?: string): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const call of this.calls) {
      if (client !== undefined && call.client !== client) continue;
      const name = `${call.what} ${call.code}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  /** Calls of a client of one sort. */
  of(client: string, what: string): Call[] {
    return this.calls.filter((call) => call.client === client && call.what === what);
  }

  /** Versions of a kind in the store. */
  stored(kind: Kind): VersionHandle[] {
    const found: VersionHandle[] = [];
    this.store.forEachCurrent(kind, (_, version) => {
      found.push(version);
    });
    return found;
  }

  /** Pods that are neither ended nor on their way out. */
  activePods(): VersionHandle[] {
    return this.stored(kinds.pods).filter((pod) => this.tables.pods.isActive(pod));
  }

  readyPods(): number {
    return this.activePods().filter((pod) => this.tables.pods.isReady(pod)).length;
  }

  /** A Deployment's version in the store. */
  deployment(key: ObjectKey): VersionHandle {
    return this.store.current(kinds.deployments, key);
  }

  /** Whether a Deployment's status says that its rollout is complete. */
  isComplete(key: ObjectKey): boolean {
    const { deployments } = this.tables;
    const version = this.deployment(key);
    const wanted = deployments.replicas.get(version);
    return (
      deployments.observedGeneration.get(version) === deployments.generation.get(version) &&
      deployments.updatedReplicas.get(version) === wanted &&
      deployments.statusReplicas.get(version) === wanted &&
      deployments.availableReplicas.get(version) === wanted
    );
  }

  // ---- what users do -----------------------------------------------------------------------------------------------------------

  createDeployment(
    name: string,
    replicas: number,
    template: PodTemplate,
    options: { strategy?: DeploymentStrategy; minReady?: number; history?: number } = {},
  ): ObjectKey {
    const key = this.tables.keysOf('deployments').intern('default', name);
    const request = this.user.write(writes.deploymentCreate, key);
    this.requests.object[request] = {
      replicas,
      template,
      selector: [],
      strategy: options.strategy ?? ROLLING,
      minReady: seconds(options.minReady ?? 0),
      revisionHistoryLimit: options.history ?? 10,
      bytes: bytes(2546),
    };
    this.send(request);
    return key;
  }

  setTemplate(deployment: ObjectKey, template: PodTemplate): void {
    const request = this.user.write(writes.deploymentTemplate, deployment);
    this.requests.object[request] = template;
    this.send(request);
  }

  scale(deployment: ObjectKey, replicas: number): void {
    const request = this.user.write(writes.deploymentScale, deployment);
    this.requests.setNumber(request, 0, replicas);
    this.send(request);
  }

  createReplicaSet(name: string, replicas: number, template: PodTemplate): ObjectKey {
    const key = this.tables.keysOf('replicasets').intern('default', name);
    const request = this.user.write(writes.replicaSetCreate, key);
    const body = { replicas, template, selector: [], minReady: 0, owner: -1, rollout: 0, desired: -1 };
    this.requests.object[request] = body;
    this.send(request);
    return key;
  }

  scaleReplicaSet(key: ObjectKey, replicas: number): void {
    const request = this.user.write(writes.replicaSetUpdate, key);
    this.requests.setNumber(request, 0, replicas);
    this.requests.setNumber(request, 2, -1);
    this.send(request);
  }

  createService(name: string, app: string): ObjectKey {
    const key = this.tables.keysOf('services').intern('default', name);
    const request = this.user.write(writes.serviceCreate, key);
    const specification: ServiceSpecification = {
      type: 'ClusterIP',
      headless: false,
      selector: { app },
      ports: [],
      sessionAffinity: 'None',
      externalTrafficPolicy: 'Cluster',
      internalTrafficPolicy: 'Cluster',
      loadBalancerSourceRanges: [],
      externalIps: [],
    };
    this.requests.object[request] = specification;
    this.send(request);
    return key;
  }

  delete(kind: Kind, key: ObjectKey): void {
    this.send(this.user.deletion(kind, key));
  }

  // ---- the record of calls -----------------------------------------------------------------------------------------------------

  private recordCalls(): void {
    const { clientGo, requests } = this;
    const carry = clientGo.carryReply.bind(clientGo);
    const issue = clientGo.issue.bind(clientGo);
    clientGo.issue = (client, request, reply, context) => {
      this.issued.push({ at: this.simulation.now, client: client.options.name, what: this.describe(request) });
      issue(client, request, reply, context);
    };
    clientGo.carryReply = (request) => {
      const what = this.describe(request);
      const client = this.nameOf(requests.client[request] as number);
      this.calls.push({ at: this.simulation.now / seconds(1), client, what, code: requests.code[request] as number });
      carry(request);
    };
  }

  private describe(request: RequestId): string {
    const { requests } = this;
    const verb = requests.verb[request] as number;
    const hasWrite = verb === Verb.Create || verb === Verb.Update || verb === Verb.Patch;
    const subresource = hasWrite ? (writeList[requests.write[request] as number]?.subresource ?? '') : '';
    const resource = this.tables.resourceName(requests.kind[request] as Kind);
    return `${verbNames[verb]} ${resource}${subresource === '' ? '' : `/${subresource}`}`;
  }

  /** Clients are numbered in the order of their making. */
  private nameOf(client: number): string {
    const clients = (this.clientGo as unknown as { clients: ApiClient[] }).clients;
    return (clients[client] as ApiClient).options.name;
  }
}
