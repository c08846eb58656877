/** The registry of kube-proxy modes. */
import { iptables } from './iptables.ts';
import { ipvs } from './ipvs.ts';
import { nftables } from './nftables.ts';
import type { ProxyMode } from './proxy-mode.ts';
import { userspace } from './userspace.ts';

/** Modes by name. Adding one = a file and one line. */
export const proxyModes = {
  iptables,
  ipvs,
  nftables,
  userspace,
} as const satisfies Record<string, ProxyMode>;

/** Name of a mode. */
export type ProxyModeName = keyof typeof proxyModes;

/** Names of the modes. */
export const proxyModeNames = Object.keys(proxyModes) as ProxyModeName[];

export * from './endpoint-view.ts';
export { iptablesSteps } from './iptables.ts';
export { fullestSet, IPSET_CAPACITY, IPSETS } from './ipvs.ts';
export { type ModeParameters, modeParameters } from './modes.parameters.ts';
export * from './proxy-mode.ts';
