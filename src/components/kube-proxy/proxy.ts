/** One proxy: its informers, and how far it is. */
import type { Reflector } from '../client-go/index.ts';
import type { Viewer } from './service-history.ts';

/** What the process of a proxy knows; one that starts again knows nothing. */
interface ProxyProgress {
  /** Position in the history up to which it has programmed the kernel, and the one that the sync in progress will reach, state. */
  synced: number;
  syncing: number;
  /** Position up to which what went out of use has left the kernel, and the one that the sync in progress will reach, state. */
  cleaned: number;
  cleaning: number;
  /** Revisions up to which it has seen everything, and informers that are to be asked for news, state. */
  seenServices: number;
  seenSlices: number;
  servicesDeferred: boolean;
  slicesDeferred: boolean;
  /** Lists that have come: the first sync waits for both, state. */
  listed: number;
  /** Whether a sync is planned or in progress, state. */
  busy: boolean;
  /** Whether the next sync writes everything, and whether one is due although nothing changed, state. */
  full: boolean;
  forced: boolean;
  /** Whether the sync in progress will fail, state. */
  failing: boolean;
  /** When chains were read back last [ns], state. */
  readBackAt: number;
}

/** One proxy. */
export interface NodeProxy extends Viewer, ProxyProgress {
  readonly index: number;
  /** Zone of its node, known once the node is registered, state. */
  zone: string;
  readonly services: Reflector;
  readonly slices: Reflector;
  readonly watchedNode: Reflector;
  /** Position in the history that the rules in the kernel show, whether or not the process lives, state. */
  kernel: number;
  /** End of the latest sync [ns], state. */
  lastEnd: number;
  /** Syncs that may follow without a pause, and when that was reckoned [ns], state. */
  tokens: number;
  tokensAt: number;
  /** Syncs so far, for its draws, state. */
  syncs: number;
  /** When the process started [ns]: what triggered changes before that is not its latency (trackerStartTime), state. */
  startedAt: number;
  /** Raised when the process ends; events carry it, state. */
  epoch: number;
}

/** A process that has just started. */
export function newProgress(): ProxyProgress {
  return {
    synced: 0,
    syncing: 0,
    cleaned: 0,
    cleaning: 0,
    seenServices: 0,
    seenSlices: 0,
    servicesDeferred: false,
    slicesDeferred: false,
    listed: 0,
    busy: false,
    full: true,
    forced: false,
    failing: false,
    readBackAt: 0,
  };
}

/** What of a proxy is given. */
type GivenParts = Pick<
  NodeProxy,
  'index' | 'node' | 'zone' | 'services' | 'slices' | 'watchedNode' | 'lastEnd' | 'tokens'
>;

/** A proxy that has not done anything yet. */
export function newProxy(given: GivenParts): NodeProxy {
  return { ...given, ...newProgress(), kernel: 0, tokensAt: 0, syncs: 0, startedAt: 0, epoch: 0 };
}

/** The informers of a proxy. */
export function reflectorsOf({ services, slices, watchedNode }: NodeProxy): readonly Reflector[] {
  return [services, slices, watchedNode];
}
