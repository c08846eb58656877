/**
 * Which endpoint a connection goes to, as the mode of kube-proxy chooses among those that the rules of the node show: at random (iptables and
 * nftables) or in turn (ipvs and userspace); with session affinity the one that the client had.
 */
import type { ServiceSpecification, SliceEndpoint } from '../../cluster/index.ts';
import type { RandomStream } from '../../engine/index.ts';
import { seconds } from '../../units/index.ts';
import type { EndpointChoice } from '../kube-proxy/index.ts';

/** How long a client stays with its endpoint where nothing is said: three hours (K:pkg/apis/core/v1/defaults.go). */
const AFFINITY_TIMEOUT = seconds(10_800);
/** Services that a key of a node and a service has room for. */
const SERVICES = 2 ** 26;

/** Who connects to what. */
export interface Caller {
  readonly node: number;
  /** Number of the client on its node. */
  readonly client: number;
  readonly service: number;
}

/** The choices of all nodes. */
export class EndpointChooser {
  private readonly choice: EndpointChoice;
  private readonly random: RandomStream;
  /** Whose turn it is, by node and service, state. */
  private readonly turns = new Map<number, number>();
  /** Endpoint of a client and until when it keeps it [ns], by node, service and client, state. */
  private readonly kept = new Map<string, { readonly pod: number; until: number }>();

  constructor(choice: EndpointChoice, random: RandomStream) {
    this.choice = choice;
    this.random = random;
  }

  /** Position of the chosen endpoint among those that there are. */
  choose(
    caller: Caller,
    specification: ServiceSpecification,
    endpoints: readonly SliceEndpoint[],
    now: number,
  ): number {
    if (specification.sessionAffinity !== 'ClientIP') return this.next(caller, endpoints.length);
    const key = `${caller.node} ${caller.service} ${caller.client}`;
    const kept = this.kept.get(key);
    const until = now + (specification.affinityTimeout ?? AFFINITY_TIMEOUT);
    if (kept !== undefined && kept.until > now) {
      const position = endpoints.findIndex(({ pod }) => pod === kept.pod);
      if (position >= 0) {
        kept.until = until;
        return position;
      }
    }
    const position = this.next(caller, endpoints.length);
    this.kept.set(key, { pod: (endpoints[position] as SliceEndpoint).pod, until });
    return position;
  }

  /** One of so many, whoever had one before. */
  next({ node, service }: Caller, endpoints: number): number {
    if (this.choice === 'random') return Math.floor(this.random.next() * endpoints);
    const key = node * SERVICES + service;
    const turn = this.turns.get(key) ?? 0;
    this.turns.set(key, turn + 1);
    return turn % endpoints;
  }
}
