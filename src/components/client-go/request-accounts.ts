/** What requests have waited for, by flow and place, in the wait ledger; and the answers that the clients of each name had. */
import { type Kind, kinds, type ObjectTables } from '../../cluster/index.ts';
import { FLOW_POD_CREATION, FLOW_POD_STARTUP, type WaitLedger } from '../../metrics/index.ts';
import {
  type RequestId,
  type Requests,
  Verb,
  verbNames,
  WAIT_PLACES,
  WaitPlace,
  writes,
} from '../api-machinery/index.ts';
import { requestClass, requestClasses, subresourceOf } from '../kube-apiserver/index.ts';
import type { ApiClient } from './api-client.ts';

/** The accounts of all requests. */
export class RequestAccounts {
  private readonly requests: Requests;
  private readonly tables: ObjectTables;
  private readonly waits: WaitLedger;
  /** Flow numbers of the wait ledger by class of request; made on first use. */
  private readonly flows: (number | undefined)[];
  private readonly podStartup: number;
  private readonly podCreation: number;
  /** Servers of the places that all clients share, by place. */
  private readonly placeServers: readonly number[];

  constructor({
    requests,
    tables,
    waits,
  }: {
    readonly requests: Requests;
    readonly tables: ObjectTables;
    readonly waits: WaitLedger;
  }) {
    this.requests = requests;
    this.tables = tables;
    this.waits = waits;
    this.flows = new Array<number | undefined>(requestClasses(tables.kindCount)).fill(undefined);
    this.podStartup = waits.flow(FLOW_POD_STARTUP);
    this.podCreation = waits.flow(FLOW_POD_CREATION);
    this.placeServers = [
      -1,
      waits.server('kube-apiserver in-flight limit', 'limiter'),
      waits.server('kube-apiserver CPU', 'server'),
      waits.server('etcd CPU', 'server'),
      waits.server('etcd disk (WAL)', 'server'),
      waits.server('etcd apply', 'server'),
      waits.server('etcd leader', 'server'),
      waits.server('kube-apiserver admission', 'server'),
      -1,
    ];
  }

  /** A request was answered for good. */
  add(client: ApiClient, request: RequestId): void {
    const { requests, waits } = this;
    const flow = this.flowOf(request);
    const verb = requests.verb[request] as number;
    const pods = this.podFlowOf(client, request, verb);
    for (let place = 0; place < WAIT_PLACES; place++) {
      const wait = requests.waited(request, place);
      if (wait <= 0) continue;
      const server = this.placeServer(client, request, place);
      // What a request waits for before the API server has it is no part of the durations that the server measures.
      if (place > WaitPlace.RetryAfter) waits.add(flow, server, wait);
      if (pods >= 0) waits.add(pods, server, wait);
    }
    client.statistics.answered(verb, requests.code[request] as number);
  }

  /** Number in the wait ledger of the place where a request waited. The Retry-After of a level counts as waiting for that level. */
  private placeServer(client: ApiClient, request: RequestId, place: number): number {
    if (place === WaitPlace.ClientLimiter) return client.statistics.limiterServer;
    const level = this.requests.flowControlServer[request] as number;
    const isOfLevel = place === WaitPlace.FlowControl || (place === WaitPlace.RetryAfter && level >= 0);
    return isOfLevel ? level : (this.placeServers[place] as number);
  }

  /** Flow of pods that a request is part of, -1 = none. */
  private podFlowOf(client: ApiClient, request: RequestId, verb: number): number {
    if (this.requests.kind[request] !== kinds.pods) return -1;
    if (verb === Verb.Create && this.requests.write[request] === writes.podCreate) return this.podCreation;
    const isOnTheWay = client.startsPods && verb !== Verb.Delete && verb !== Verb.List;
    return isOnTheWay && verb !== Verb.Watch ? this.podStartup : -1;
  }

  private flowOf(request: RequestId): number {
    const number = requestClass(request, this.requests);
    let flow = this.flows[number];
    if (flow === undefined) {
      const subresource = subresourceOf(request, this.requests);
      const resource = this.tables.resourceName(this.requests.kind[request] as Kind);
      const name = `${verbNames[this.requests.verb[request] as number]} ${resource}${subresource === '' ? '' : `/${subresource}`}`;
      flow = this.waits.flow(name);
      this.flows[number] = flow;
    }
    return flow;
  }
}
