/** The registry of kube-proxy modes. */
import { iptables } from './iptables.ts';
import type { ProxyMode } from './proxy-mode.ts';

/** Modes by name. Adding one = a file and one line. */
export const proxyModes = { iptables } as const satisfies Record<string, ProxyMode>;

/** Name of a mode. */
export type ProxyModeName = keyof typeof proxyModes;

/** Names of the modes. */
export const proxyModeNames = Object.keys(proxyModes) as ProxyModeName[];

export type { ProxyMode, RuleCount, SyncWork } from './proxy-mode.ts';
