/** The registry of add-ons. Adding one = a file beside this one and a line here: schema, parameters and docs follow. */
import { type ParameterSet, type PlainParameterValue, type ValuesOf, valuesOf } from '../../engine/index.ts';
import type { Addon, AddonDefinition, AddonSurroundings } from './addon.ts';
import { cni } from './cni/cni.ts';
import { coredns } from './coredns/coredns.ts';
import { ingressNginx } from './ingress-nginx/ingress-nginx.ts';
import { logAgent } from './log-agent/log-agent.ts';
import { metricsServer } from './monitoring/metrics-server.ts';
import { prometheus } from './monitoring/prometheus.ts';
import { nodeProblemDetector } from './node-problem-detector/node-problem-detector.ts';

export const addonRegistry = {
  coredns,
  cni,
  logAgent,
  metricsServer,
  prometheus,
  ingressNginx,
  nodeProblemDetector,
} as const satisfies Record<string, AddonDefinition>;

/** Name of an add-on. */
export type AddonName = keyof typeof addonRegistry;

/** An add-on as it is made. */
export type AddonOf<Name extends AddonName> = ReturnType<(typeof addonRegistry)[Name]['create']>;

/** An add-on that a cluster is to have, with the settings that are given. */
export interface AddonSelection {
  readonly name: AddonName;
  readonly settings: Readonly<Record<string, PlainParameterValue>>;
}

/** Parameters of all add-ons, by add-on. */
export const addonParameters = Object.fromEntries(
  Object.entries(addonRegistry).map(([name, { parameters }]) => [name, parameters]),
) as unknown as { readonly [Name in AddonName]: (typeof addonRegistry)[Name]['parameters'] };

/** Makes the add-ons of a cluster; `parameters` are those of all add-ons. */
export function createAddons(
  selections: readonly AddonSelection[],
  parameters: { readonly [Name in AddonName]: ValuesOf<ParameterSet> },
  around: AddonSurroundings,
): ReadonlyMap<AddonName, Addon> {
  return new Map(
    selections.map(({ name, settings }) => {
      const definition: AddonDefinition = addonRegistry[name];
      return [name, definition.create(around, parameters[name], valuesOf(definition.settings, settings))] as const;
    }),
  );
}

export type { Addon, AddonSurroundings } from './addon.ts';
export type { DnsLoad } from './coredns/dns-load.ts';
export { DnsForm } from './coredns/resolver.ts';
