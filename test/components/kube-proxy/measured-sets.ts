/** Rule sets of kube-proxy's shape: S services with E endpoints each, as they were programmed on a real kernel, and as the model has them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { kinds, NO_VERSION, type ObjectKey, ObjectTables, type SliceEndpoint } from '../../../src/cluster/index.ts';
import { type ModeParameters, type ProxyModeName, proxyModes } from '../../../src/components/kube-proxy/modes/index.ts';
import { ServiceHistory } from '../../../src/components/kube-proxy/service-history.ts';
import { CLUSTER_IP } from './services.ts';

/** Rows of a file under data/measured. */
export function measured(file: string): Readonly<Record<string, string>>[] {
  const text = readFileSync(path.join(import.meta.dirname, '../../../data/measured', file), 'utf8');
  const [head = '', ...lines] = text.trim().split('\n');
  const names = head.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [names[i], value])));
}

/** Services with their endpoints, all on nodes of their own, the last of which gets another endpoint in place of one at the end. */
export function historyOf(
  mode: ProxyModeName,
  services: number,
  endpoints: number,
  parameters: ModeParameters,
): ServiceHistory {
  const tables = new ObjectTables();
  const history = new ServiceHistory(tables.services, tables.endpointslices, proxyModes[mode], parameters);
  let revision = 0;
  const slice = (key: number, first: number) => {
    const version = tables.endpointslices.allocate(key as ObjectKey);
    tables.endpointslices.owner.set(version, key);
    const listed = Array.from({ length: endpoints }, (_, i): SliceEndpoint => {
      return { pod: (first + i) as ObjectKey, node: 0 as ObjectKey, ready: true, serving: true, terminating: false };
    });
    tables.endpointslices.endpoints.set(version, listed);
    const change = { kind: kinds.endpointslices, key: key as ObjectKey, version, previous: NO_VERSION };
    history.observe({ revision: ++revision, ...change });
  };
  for (let key = 0; key < services; key++) {
    const version = tables.services.allocate(key as ObjectKey);
    tables.services.specification.set(version, CLUSTER_IP);
    const change = { kind: kinds.services, key: key as ObjectKey, version, previous: NO_VERSION };
    history.observe({ revision: ++revision, ...change });
    slice(key, 0);
  }
  slice(services - 1, 1);
  return history;
}
