/** The twin of each mode: what a node has is written out in full, as kube-proxy writes it, and counted line by line. */
import type { ModeParameters, ProxyModeName } from '../../../src/components/kube-proxy/modes/index.ts';
import type { WrittenService } from './written.ts';
import { countIptables, writeIptables } from './written-iptables.ts';
import { countIpvs, writeIpvs } from './written-ipvs.ts';
import { countNftables, writeNftables } from './written-nftables.ts';
import { countUserspace, writeUserspace } from './written-userspace.ts';

/** Counts of the services on a node in a zone. */
type Twin = (services: readonly WrittenService[], node: number, zone: string, parameters: ModeParameters) => number[];

/** Twins by mode: each mode needs one. */
export const twins: Record<ProxyModeName, Twin> = {
  iptables: (...view) => countIptables(writeIptables(...view)),
  ipvs: (...view) => countIpvs(writeIpvs(...view)),
  nftables: (...view) => countNftables(writeNftables(...view)),
  userspace: (services) => countUserspace(writeUserspace(services)),
};
