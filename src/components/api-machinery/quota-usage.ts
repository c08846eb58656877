/**
 * What objects count against a ResourceQuota, for its admission and its controller alike. K:pkg/quota/v1/evaluator/core.
 * Left out: scopes, storage and extended resources, the ports of Services.
 */
import type { Kind, ObjectKey, ObjectTables, PodTemplate, QuotaAmounts, VersionHandle } from '../../cluster/index.ts';
import { kinds } from '../../cluster/index.ts';

/** Amounts that pods ask for by the names under which quotas bound them; "cpu" and "memory" are the requests. */
const computeNames = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'] as const;

/** Kinds that quotas count, with the names under which they do; custom resources are counted under "count/NAME". */
const countNames: ReadonlyMap<Kind, readonly string[]> = new Map([
  [kinds.pods, ['pods', 'count/pods']],
  [kinds.services, ['services', 'count/services']],
  [kinds.configmaps, ['configmaps', 'count/configmaps']],
  [kinds.secrets, ['secrets', 'count/secrets']],
  [kinds.deployments, ['count/deployments.apps']],
  [kinds.replicasets, ['count/replicasets.apps']],
]);

/** Kinds of a cluster that quotas can count. */
export function quotaKinds(tables: ObjectTables): readonly Kind[] {
  const custom = tables.resourceNames.map((_, kind) => kind as Kind).filter((kind) => tables.isCustom(kind));
  return [...countNames.keys(), ...custom];
}

/** Names under which a kind is counted. */
function namesOf(tables: ObjectTables, kind: Kind): readonly string[] {
  return countNames.get(kind) ?? (tables.isCustom(kind) ? [`count/${tables.resourceName(kind)}`] : []);
}

/** What one object counts against the names in `hard`; names that it does not touch are left out. */
export function usageOf(
  tables: ObjectTables,
  kind: Kind,
  template: PodTemplate | null,
  hard: QuotaAmounts,
): Record<string, number> {
  const usage: Record<string, number> = {};
  for (const name of namesOf(tables, kind)) if (name in hard) usage[name] = 1;
  if (template === null) return usage;
  for (const name of computeNames) if (name in hard) usage[name] = computeAmount(template, name);
  return usage;
}

/** Names in `hard` that every container has to say something about and one does not. */
export function unspecified(template: PodTemplate, hard: QuotaAmounts): readonly string[] {
  return computeNames.filter(
    (name) => name in hard && template.containers.some((container) => amountIn([container], name) === 0),
  );
}

/** What all objects of a namespace count. `visit` goes over the objects of a kind. */
export function usageOfNamespace(
  tables: ObjectTables,
  namespace: string,
  hard: QuotaAmounts,
  visit: (kind: Kind, each: (key: ObjectKey, version: VersionHandle) => void) => void,
): QuotaAmounts {
  const total = Object.fromEntries(Object.keys(hard).map((name) => [name, 0]));
  for (const kind of quotaKinds(tables)) {
    const touches = namesOf(tables, kind).some((name) => name in hard);
    if (!touches && !(kind === kinds.pods && computeNames.some((name) => name in hard))) continue;
    const keys = tables.keysOf(kind);
    visit(kind, (key, version) => {
      if (keys.namespace(key) !== namespace) return;
      const template = kind === kinds.pods ? tables.pods.template.get(version) : null;
      // Pods that have ended hold nothing.
      if (kind === kinds.pods && tables.pods.isTerminal(version)) return;
      for (const [name, amount] of Object.entries(usageOf(tables, kind, template, hard)))
        total[name] = (total[name] as number) + amount;
    });
  }
  return total;
}

function computeAmount(template: PodTemplate, name: (typeof computeNames)[number]): number {
  if (name === 'cpu' || name === 'requests.cpu') return template.requests.cpu;
  if (name === 'memory' || name === 'requests.memory') return template.requests.memory;
  return amountIn(template.containers, name);
}

/** Sum over containers. */
function amountIn(containers: PodTemplate['containers'], name: (typeof computeNames)[number]): number {
  const field = name.startsWith('limits.') ? 'limits' : 'requests';
  const resource = name.endsWith('cpu') ? 'cpu' : 'memory';
  return containers.reduce((sum, container) => sum + container[field][resource], 0);
}
