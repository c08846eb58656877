/** Rule sets of kube-proxy's shape, programmed on a real kernel, and whole syncs of a real kube-proxy. */
import { kinds, NO_VERSION, type ObjectKey, ObjectTables, type SliceEndpoint } from '../../cluster/index.ts';
import {
  iptablesSteps,
  type ModeParameters,
  type ProxyModeName,
  proxyModes,
  ServiceHistory,
  type SyncWork,
} from '../../components/kube-proxy/index.ts';
import { csvRows, numberIn } from '../../manifests/csv-rows.ts';
import { caseParameters, type ParameterValues } from '../case-parameters.ts';
import {
  type Conditions,
  numberOf,
  type Prediction,
  type ReferencePoint,
  textOf,
  validationCase,
} from '../validation-case.ts';

const NS_PER_MS = 1e6;
const NS_PER_US = 1000;
const MS_PER_SECOND = 1000;
/** A node that no endpoint is on. */
const ANYONE = { node: -1, zone: '' };

/** Services with their endpoints, of which the last one changes at the end, and the sync that this needs. */
function workOf(mode: ProxyModeName, conditions: Conditions, full: boolean, parameters: ModeParameters): SyncWork {
  const tables = new ObjectTables();
  const history = new ServiceHistory(tables.services, tables.endpointslices, proxyModes[mode], parameters);
  const services = numberOf(conditions, 'S');
  const endpoints = numberOf(conditions, 'E');
  let revision = 0;
  const slice = (key: number, first: number) => {
    const version = tables.endpointslices.allocate(key as ObjectKey);
    tables.endpointslices.owner.set(version, key);
    const listed = Array.from({ length: endpoints }, (_, i): SliceEndpoint => {
      return { pod: (first + i) as ObjectKey, node: 0 as ObjectKey, ready: true, serving: true, terminating: false };
    });
    tables.endpointslices.endpoints.set(version, listed);
    history.observe({
      revision: ++revision,
      kind: kinds.endpointslices,
      key: key as ObjectKey,
      version,
      previous: NO_VERSION,
    });
  };
  for (let key = 0; key < services; key++) {
    const version = tables.services.allocate(key as ObjectKey);
    tables.services.specification.set(version, {
      type: 'ClusterIP',
      headless: false,
      ports: [{ name: '', protocol: 'TCP', port: 1, targetPort: 1, nodePort: 0 }],
      sessionAffinity: 'None',
      externalTrafficPolicy: 'Cluster',
      internalTrafficPolicy: 'Cluster',
      loadBalancerSourceRanges: [],
      externalIps: [],
    });
    history.observe({
      revision: ++revision,
      kind: kinds.services,
      key: key as ObjectKey,
      version,
      previous: NO_VERSION,
    });
    slice(key, 0);
  }
  slice(services - 1, 1);
  const to = history.length;
  const { before, after } = history.changed(ANYONE, to - 1, to);
  return {
    full,
    after: history.countsOf(ANYONE, to),
    changedBefore: before,
    changedAfter: after,
    changedServices: 1,
    stale: history.lostBetween(to - 1, to),
    readsBack: full,
  };
}

/** Points of program.csv for one mode and some of its operations. */
function programPoints(mode: string, operations: readonly string[]) {
  return (text: string): ReferencePoint[] =>
    csvRows(text)
      .filter((row) => row.mode === mode && operations.includes(row.op as string))
      .map((row) => ({
        name: `${row.op} ${row.S} services x ${row.E} endpoints`,
        conditions: { op: row.op as string, S: numberIn(row, 'S'), E: numberIn(row, 'E') },
        references: [
          {
            metric: 'wall',
            family: row.op as string,
            unit: 'ms',
            value: numberIn(row, 'wall_s_med') * MS_PER_SECOND,
            least: numberIn(row, 'wall_min') * MS_PER_SECOND,
            most: numberIn(row, 'wall_max') * MS_PER_SECOND,
          },
        ],
      }));
}

const DRIVEN =
  "the same services and endpoints are put into the history from which proxies count; the model's cost of the step for these counts";

function programCase(mode: 'ipt-legacy' | 'ipt-nft') {
  const backend = mode === 'ipt-nft' ? 'nft' : 'legacy';
  return validationCase({
    component: 'kube-proxy',
    measured: `iptables-restore (everything, and what kube-proxy writes when one service changed), iptables-save and a run of iptables, ${backend} back end`,
    driven: DRIVEN,
    data: 'measured/proxy/program.csv',
    points: programPoints(mode, ['full_resync', 'partial_kubeproxy', 'save', 'iptables_S_one_chain']),
    predict: (conditions: Conditions, overrides: ParameterValues): Prediction => {
      const parameters = caseParameters([], { 'kubeProxy.iptablesBackend': backend }, overrides).kubeProxy;
      const work = workOf('iptables', conditions, conditions.op === 'full_resync', parameters);
      return { wall: spanOf(String(conditions.op), work, parameters) / NS_PER_MS };
    },
  });
}

function spanOf(operation: string, work: SyncWork, parameters: ModeParameters): number {
  switch (operation) {
    case 'save':
      return iptablesSteps.save(work.after, parameters);
    case 'iptables_S_one_chain':
      return iptablesSteps.run(work.after, parameters);
    default:
      return iptablesSteps.restore(proxyModes.iptables.lines(work, parameters), work, parameters);
  }
}

export const proxyIptablesLegacy = programCase('ipt-legacy');
export const proxyIptablesNft = programCase('ipt-nft');

export const proxyNftables = validationCase({
  component: 'kube-proxy',
  measured: 'transactions of nft: everything, a service more, and an endpoint of a service changed',
  driven: `${DRIVEN}; with a chain for each endpoint, as the sets had`,
  data: 'measured/proxy/program.csv',
  points: programPoints('nft', ['full_load', 'partial_service_add', 'partial_endpoint_change']),
  predict: (conditions, overrides) => {
    const ofSet = { 'kubeProxy.nftablesEndpointChains': true, 'kubeProxy.nftablesOwnPerPort': 0 };
    const parameters = caseParameters([], ofSet, overrides).kubeProxy;
    const work = workOf('nftables', conditions, conditions.op === 'full_load', parameters);
    const deletes = conditions.op === 'partial_endpoint_change';
    return { wall: proxyModes.nftables.syncSpan({ ...work, stale: deletes ? 1 : 0 }, parameters) / NS_PER_MS };
  },
});

/** CPU of iptables-restore of nothing, nft back end [ns]: it waits for the rest of its time (program.csv: 3.2 of 24 ms are CPU). */
const NFT_BASE_CPU = 3_200_000;
/** Back end and kind of sync of the rows whose CPU columns are used. */
const WHOLE = 'full syncs of a kube-proxy of 1.25: rules made, saved and restored, chains and jumps ensured';

export const proxyWholeSyncs = validationCase({
  component: 'kube-proxy',
  measured: `${WHOLE}; CPU of kube-proxy and of iptables together, since the runs had a low priority`,
  driven: `${DRIVEN}, with everything that a full sync does`,
  data: 'measured/kubernetes/kube_proxy_sync.csv',
  points: (text) => {
    const points = new Map<string, ReferencePoint & { readonly values: number[] }>();
    for (const row of csvRows(text)) {
      // The first sync restores into an empty table.
      if (row.kind === 'first') continue;
      const name = `${row.mode} ${row.services} services x ${row.eps_per_svc} endpoints`;
      const point = points.get(name) ?? {
        name,
        conditions: { backend: row.mode as string, S: numberIn(row, 'services'), E: numberIn(row, 'eps_per_svc') },
        references: [],
        values: [],
      };
      points.set(name, point);
      point.values.push(numberIn(row, 'proxy_cpu_ms') + numberIn(row, 'iptables_cpu_ms'));
    }
    return [...points.values()].map(({ name, conditions, values }) => {
      const sorted = values.sort((a, b) => a - b);
      const value = sorted[sorted.length >> 1] as number;
      const spread = { least: sorted[0], most: sorted.at(-1) };
      return { name, conditions, references: [{ metric: 'CPU', unit: 'ms', value, ...spread }] };
    });
  },
  predict: (conditions, overrides) => {
    const parameters = caseParameters(
      ['kubernetes-1.25'],
      { 'kubeProxy.iptablesBackend': textOf(conditions, 'backend'), 'kubeProxy.iptablesNftBase': NFT_BASE_CPU },
      overrides,
    ).kubeProxy;
    const work = workOf('iptables', conditions, true, parameters);
    return { CPU: proxyModes.iptables.syncSpan(work, parameters) / NS_PER_MS };
  },
});

/** A TCP connection to an endpoint's own address, without services [us] (lookup.csv: direct with 10 services). */
const CONNECT_US = 16.7;
/** Modes of lookup.csv. */
const LOOKUPS = { 'ipt-legacy': 'iptables', 'ipt-nft': 'iptables', nft: 'nftables' } as const;

export const proxyLookups = validationCase({
  component: 'kube-proxy',
  measured: 'time to connect over TCP to a service at a position among all, median',
  driven:
    'the time of a connection to an address alone, as measured, and the cost of the lookup at that position with an endpoint in the middle',
  data: 'measured/proxy/lookup.csv',
  points: (text) =>
    csvRows(text)
      .filter((row) => (row.target as string).startsWith('pos'))
      .map((row) => ({
        name: `${row.mode} position ${(row.target as string).slice(3)} of ${row.S} services x ${row.E} endpoints`,
        conditions: {
          mode: row.mode as string,
          E: numberIn(row, 'E'),
          position: Number((row.target as string).slice(3)),
        },
        references: [
          {
            metric: 'p50',
            family: row.mode as string,
            unit: 'us',
            value: numberIn(row, 'p50_us_med'),
            least: numberIn(row, 'p50_min'),
            most: numberIn(row, 'p50_max'),
          },
        ],
      })),
  predict: (conditions, overrides) => {
    const measured = textOf(conditions, 'mode') as keyof typeof LOOKUPS;
    const backend = { 'kubeProxy.iptablesBackend': measured === 'ipt-nft' ? 'nft' : 'legacy' };
    const parameters = caseParameters([], backend, overrides).kubeProxy;
    const middle = (numberOf(conditions, 'E') - 1) / 2;
    const span = proxyModes[LOOKUPS[measured]].lookup(numberOf(conditions, 'position'), middle, parameters);
    return { p50: CONNECT_US + span / NS_PER_US };
  },
});
