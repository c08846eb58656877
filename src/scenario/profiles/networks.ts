/** Delays between nodes, control plane and etcd members. */
import type { Profile } from './profile.ts';

/** One-way delays as lognormals whose p99 is four times the median, in microseconds. */
function network(
  help: string,
  source: string,
  delays: { readonly node: number; readonly controlPlane: number; readonly peer: number },
): Profile {
  const delay = (p50: number) => ({ distribution: 'lognormal', p50: `${p50}us`, p99: `${4 * p50}us` });
  return {
    help,
    source,
    values: {
      'network.nodeDelay': delay(delays.node),
      'network.controlPlaneDelay': delay(delays.controlPlane),
      'network.peerDelay': delay(delays.peer),
    },
  };
}

export const networkProfiles = {
  'network-loopback': network(
    'Everything on one machine.',
    'data/measured: 0.1 ms a round trip over loopback with TLS',
    { node: 50, controlPlane: 50, peer: 50 },
  ),
  'network-zone': network(
    'Nodes and control plane in one zone of a cloud.',
    'assumption: 0.5 ms a round trip within a zone',
    { node: 250, controlPlane: 60, peer: 100 },
  ),
  'network-zones': network(
    'Nodes and etcd members spread over the zones of a region.',
    'assumption: 1 ms a round trip between zones of a region',
    { node: 500, controlPlane: 60, peer: 500 },
  ),
  'network-edge': network(
    'Nodes at the edge, far from the control plane.',
    'etcd documentation, tuning.md: 130 ms a round trip within the US is an upper bound; half of that for a country',
    { node: 30_000, controlPlane: 60, peer: 100 },
  ),
} as const satisfies Record<string, Profile>;
