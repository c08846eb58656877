/**
 * A program that runs on each node as a DaemonSet's pods do: one client and some watches for each node, which start, end and come back with it.
 * What an instance does beyond watching is its owner's. Watches without a listener only cost the API servers.
 */
import type { Kind, ObjectKey } from '../../cluster/index.ts';
import { type ApiClient, type ClientGo, Reflector, type ReflectorListener } from '../client-go/index.ts';
import { EVERYTHING } from '../kube-apiserver/index.ts';
import type { NodeAgent } from '../node-agent.ts';
import { kubeSystemUser } from './addon.ts';

/** One watch of each instance: a whole kind, or what belongs to its own node (its pods, or the Node itself). */
export interface AgentWatch {
  readonly kind: Kind;
  readonly ofOwnNode?: boolean;
}

/** The instance of one node. */
export interface AgentInstance {
  readonly index: number;
  readonly node: ObjectKey;
  readonly client: ApiClient;
  readonly reflectors: readonly Reflector[];
  /** Whether its process runs, state. */
  isUp: boolean;
  /** Raised whenever its process ends; events carry it, state. */
  epoch: number;
}

/** What its owner says of a fleet, and wants to hear. */
export interface AgentFleetOptions {
  readonly clientGo: ClientGo;
  /** Name of the clients, and of the service account. */
  readonly name: string;
  readonly qps: number;
  readonly burst: number;
  readonly watches: readonly AgentWatch[];
  /** Who is told of what an instance's watch of a kind brings; left out = nobody. */
  listenerOf?(instance: number, kind: Kind): ReflectorListener | undefined;
  /** The process of an instance runs; `isNew`: it has just started, and has not long been running. */
  onStarted?(instance: AgentInstance, isNew: boolean): void;
  /** The process of an instance has ended. */
  onStopped?(instance: AgentInstance): void;
}

/** The instances of one program. */
export class AgentFleet implements NodeAgent {
  readonly instances: AgentInstance[] = [];
  private readonly byNode = new Map<ObjectKey, AgentInstance>();
  private readonly options: AgentFleetOptions;

  constructor(options: AgentFleetOptions) {
    this.options = options;
  }

  addPreloaded(node: ObjectKey, revision: number): void {
    const instance = this.add(node);
    for (const reflector of instance.reflectors) reflector.startPreloaded(revision);
    this.options.onStarted?.(instance, false);
  }

  addAndStart(node: ObjectKey): void {
    this.start(this.add(node));
  }

  crash(node: ObjectKey): void {
    const instance = this.byNode.get(node);
    if (instance?.isUp !== true) return;
    instance.isUp = false;
    instance.epoch++;
    instance.client.isCut = true;
    for (const reflector of instance.reflectors) reflector.stop();
    this.options.onStopped?.(instance);
  }

  restart(node: ObjectKey): void {
    const instance = this.byNode.get(node);
    if (instance === undefined || instance.isUp) return;
    instance.isUp = true;
    instance.client.isCut = false;
    this.start(instance);
  }

  clientsOf(node: ObjectKey): readonly ApiClient[] {
    const instance = this.byNode.get(node);
    return instance === undefined ? [] : [instance.client];
  }

  /** The instance of a node. */
  ofNode(node: ObjectKey): AgentInstance | undefined {
    return this.byNode.get(node);
  }

  private start(instance: AgentInstance): void {
    for (const reflector of instance.reflectors) reflector.start();
    this.options.onStarted?.(instance, true);
  }

  private add(node: ObjectKey): AgentInstance {
    const { clientGo, name, qps, burst, watches } = this.options;
    const index = this.instances.length;
    const client = clientGo.newClient({ name, ...kubeSystemUser(name), qps, burst, onNode: true });
    const reflectors = watches.map(({ kind, ofOwnNode }) => {
      const listener = this.options.listenerOf?.(index, kind);
      const bucket = ofOwnNode === true ? node : EVERYTHING;
      return new Reflector(clientGo, client, kind, bucket, clientGo.reflectorReplies, listener);
    });
    const instance = { index, node, client, reflectors, isUp: true, epoch: 0 };
    this.instances.push(instance);
    this.byNode.set(node, instance);
    return instance;
  }
}
