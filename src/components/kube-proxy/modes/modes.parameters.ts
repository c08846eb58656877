/** Parameters of the modes: what decides counts, and what syncs, lookups and rules cost. */
import {
  assumption,
  choice,
  count,
  defineParameters,
  documentation,
  duration,
  flag,
  measured,
  type NumberParameter,
  type ParameterSource,
  real,
  sourceCode,
  type ValuesOf,
} from '../../../engine/index.ts';
import { microseconds, milliseconds, type Nanoseconds, nanoseconds, seconds } from '../../../units/index.ts';

const program = (note: string) => measured('proxy/program.csv', note);
const lookup = (note: string) => measured('proxy/lookup.csv', note);

/** Longest of any one cost [ns]. */
const MOST = 1e9;

/** What each of many things adds. */
function each(nanosecondsEach: number, help: string, source: ParameterSource): NumberParameter {
  return real({ default: nanosecondsEach, unit: 'ns', range: [0, MOST], help, source });
}

function base(span: Nanoseconds, help: string, source: ParameterSource) {
  return duration({ default: span, range: [nanoseconds(0), seconds(10)], help, source });
}

function bytesEach(bytes: number, help: string, source: ParameterSource): NumberParameter {
  return count({ default: bytes, unit: 'B', range: [0, 1e6], help, source });
}

const DEFAULTS = sourceCode('K:pkg/proxy/apis/config/v1alpha1/defaults.go');

function minimum(mode: string, span: Nanoseconds) {
  return duration({
    default: span,
    range: [nanoseconds(0), seconds(600)],
    help: `Smallest pause between the end of one sync and the start of the next in the mode ${mode}.`,
    source: DEFAULTS,
  });
}

export const modeParameters = defineParameters({
  // ---- when syncs happen -------------------------------------------------------------------------------------------------------
  iptablesMinSyncPeriod: minimum('iptables', seconds(1)),
  nftablesMinSyncPeriod: minimum('nftables', seconds(1)),
  ipvsMinSyncPeriod: minimum('ipvs', seconds(0)),
  syncPeriod: duration({
    default: seconds(30),
    range: [milliseconds(1), seconds(3600)],
    help: 'Pause before a sync that failed is tried again, and between two searches for chains that nobody uses in a large cluster.',
    source: DEFAULTS,
  }),
  fullSyncPeriod: duration({
    default: seconds(3600),
    range: [seconds(1), seconds(86_400)],
    help: 'Everything is written anew this often.',
    source: sourceCode('K:pkg/proxy/util/utils.go:FullSyncPeriod'),
  }),
  ipvsResyncPeriod: duration({
    default: seconds(3600),
    range: [seconds(1), seconds(86_400)],
    help: 'ipvs: all services are looked through again this often although nothing changed.',
    source: sourceCode('K:pkg/proxy/ipvs/proxier.go', 'FullSyncPeriod since 1.34; syncPeriod, 30 s, before'),
  }),

  // ---- what is written ---------------------------------------------------------------------------------------------------------
  iptablesBackend: choice<'legacy' | 'nft'>({
    default: 'legacy',
    choices: ['legacy', 'nft'],
    help: 'Back end of iptables on the nodes: legacy replaces whole tables, nft makes objects of nf_tables.',
    source: assumption('distributions differ; the legacy back end is the one with a lock and a blob'),
  }),
  partialSync: flag({
    default: true,
    help: 'iptables: whether a sync writes only the chains of services that changed (beside the chains that list all services).',
    source: sourceCode('K:pkg/proxy/iptables/proxier.go', 'MinimizeIPTablesRestore, on since 1.27'),
  }),
  nftablesPartialSync: flag({
    default: true,
    help: 'nftables: whether a transaction holds only services that changed; the first versions wrote everything each time.',
    source: documentation('https://github.com/kubernetes/kubernetes/pull/126013', 'KP-08 of the calibration figures'),
  }),
  nftablesEndpointChains: flag({
    default: false,
    help: 'nftables: whether each endpoint has a chain of its own without session affinity too.',
    source: sourceCode('K:pkg/proxy/nftables/proxier.go', 'writeServiceToEndpointRules of versions up to 1.35'),
  }),
  localhostNodePorts: flag({
    default: true,
    help: 'iptables: node ports answer on 127.0.0.1 too, with a rule that counts such packets.',
    source: sourceCode('K:pkg/proxy/apis/config/v1alpha1/defaults.go', 'iptables.localhostNodePorts'),
  }),
  nodeAddresses: count({
    default: 2,
    unit: 'address',
    range: [1, 64],
    help: 'ipvs: addresses of a node on which node ports answer, each with a virtual server.',
    source: assumption('the address of its network interface and that of the bridge of its pods'),
  }),

  // ---- iptables ----------------------------------------------------------------------------------------------------------------
  iptablesSyncBase: base(
    microseconds(500),
    "kube-proxy's own work in a sync of nothing.",
    assumption('next to the start of a process'),
  ),
  iptablesOwnPerLine: each(
    2500,
    "kube-proxy's own work for each line that it hands over.",
    measured('kubernetes/kube_proxy_sync.csv', 'proxy_cpu_ms: 44 ms for 16,009 lines, 69 ms for 32,008'),
  ),
  iptablesLegacyBase: base(
    microseconds(1840),
    'iptables-restore of nothing, legacy back end.',
    program('ipt-legacy: fit over full_resync, partial_kubeproxy and partial_min'),
  ),
  iptablesLegacyPerRule: each(
    3620,
    "What each rule in the kernel's table adds, legacy: the table is copied out and replaced.",
    program('ipt-legacy partial_min: 0.54 s at 152,009 rules, 0.61 s at 170,009'),
  ),
  iptablesLegacyPerLine: each(
    3130,
    'What each line handed to iptables-restore adds, legacy.',
    program('ipt-legacy: fit over full_resync, partial_kubeproxy and partial_min'),
  ),
  iptablesLegacyPerSquaredLine: each(
    20_600,
    'What a thousand lines squared add, legacy.',
    program('ipt-legacy full_resync: 2.3 s for 203,023 lines'),
  ),
  iptablesLegacySavePerRule: each(
    2200,
    'What each rule adds to iptables-save, legacy.',
    program('ipt-legacy save: 0.41 s at 170,009 rules'),
  ),
  iptablesLegacyRunPerRule: each(
    1520,
    'What each rule in the table adds to any run of iptables, legacy: it copies the table.',
    program('ipt-legacy iptables_S_one_chain: 0.27 s at 170,009 rules'),
  ),
  iptablesRunBase: base(
    microseconds(1600),
    'A run of iptables or iptables-save, legacy.',
    program('save and iptables_S_one_chain of 59 rules'),
  ),
  iptablesNftRunBase: base(
    microseconds(2200),
    'A run of iptables, nft back end.',
    program('ipt-nft iptables_S_one_chain'),
  ),
  iptablesNftSaveBase: base(
    microseconds(3290),
    'iptables-save of nothing, nft back end.',
    program('ipt-nft: fit over save'),
  ),
  iptablesNftBase: base(
    milliseconds(30.6),
    'iptables-restore, nft back end: the commit waits until no packet is in the old rules.',
    program('ipt-nft: fit over full_resync and partial_kubeproxy'),
  ),
  iptablesNftPerChain: each(1790, 'What each chain in the table adds, nft back end.', program('ipt-nft partial_min')),
  iptablesNftPerLine: each(
    17_700,
    'What each line handed to iptables-restore adds, nft back end.',
    program('ipt-nft: fit over full_resync and partial_kubeproxy'),
  ),
  iptablesNftPerSquaredLine: each(
    2_370_000,
    'What a thousand lines squared add, nft back end.',
    program('ipt-nft full_load: 16.5 s for 70,023 lines'),
  ),
  iptablesNftSavePerRule: each(9150, 'What each rule adds to iptables-save, nft back end.', program('ipt-nft save')),
  iptablesBytesPerRule: bytesEach(
    400,
    'Kernel memory of a rule of iptables.',
    program('ipt-legacy kmem_delta: 69,292 kB for 170,009 rules'),
  ),

  // ---- nftables ----------------------------------------------------------------------------------------------------------------
  nftablesOwnPerPort: each(
    2500,
    "kube-proxy's own work for each service port in a sync.",
    assumption('as much as for a line of the iptables mode'),
  ),
  nftablesFullBase: base(microseconds(6200), 'Transaction with everything.', program('nft full_load of 10 services')),
  nftablesFullPerLine: each(16_800, 'What each line of it adds.', program('nft: fit over full_load')),
  nftablesFullGrowth: each(
    24_400_000,
    'What (a thousand service ports x a thousand chains)^1.375 add to it.',
    program('nft full_load: 41 s for 10,000 services, 240 s for 20,000'),
  ),
  nftablesPartialBase: base(microseconds(3610), 'Transaction with one service.', program('nft partial_service_add')),
  nftablesDeletion: base(
    microseconds(11_800),
    'What a transaction that deletes objects takes longer: it waits until no packet is in the old rules.',
    program('nft: partial_endpoint_change less partial_service_add'),
  ),
  nftablesPerChain: each(
    4110,
    'What each chain of the table adds to any transaction.',
    program('nft partial_service_add: 58 ms at 12,013 chains; KP-08: 141 ms at 30,000'),
  ),
  nftablesPerLine: each(9740, 'What each line of a small transaction adds.', program('nft: fit over partial syncs')),
  nftablesBytesPerObject: bytesEach(
    500,
    'Kernel memory of an object of nf_tables.',
    program('nft kmem_delta: 32,796 kB for 40,012 rules with 20,013 chains and their elements'),
  ),

  // ---- ipvs --------------------------------------------------------------------------------------------------------------------
  ipvsSyncBase: base(
    milliseconds(10),
    'Sync of nothing: iptables-save twice, iptables-restore of the fixed rules, the device asked for.',
    program('ipt-legacy save and partial_min of 59 rules'),
  ),
  ipvsPerVirtualServer: each(
    60_000,
    'Walking by one virtual server: two questions to the kernel over netlink.',
    assumption('30 us for each question'),
  ),
  ipvsPerRealServer: each(
    5000,
    'Reading one real server in the answer.',
    assumption('5 us to decode it and compare it'),
  ),
  ipvsServerChange: base(
    microseconds(800),
    'Adding, changing or removing one server.',
    documentation('https://www.flftuu.com/2019/11/01/', 'KP-19 of the calibration figures: 0.8 ms with 1 service'),
  ),
  ipvsServerChangePerServer: each(
    20,
    'What each virtual server that is there adds to it.',
    documentation('https://www.flftuu.com/2019/11/01/', 'KP-19: 0.97 ms with 10,000 services, 1.52 ms with 20,000'),
  ),
  ipsetListBase: base(microseconds(1130), 'Listing an ipset.', program('ipset save of 10 entries')),
  ipsetListPerEntry: each(7210, 'What each entry adds to it.', program('ipset save: 143 ms for 20,000 entries')),
  ipsetAdd: base(microseconds(1230), 'Adding or removing an entry: a run of ipset.', program('ipset add_one')),
  ipvsBytesPerServer: bytesEach(
    512,
    'Kernel memory of a virtual or real server.',
    assumption('sizes of ip_vs_service and ip_vs_dest'),
  ),
  ipsetBytesPerEntry: bytesEach(
    20,
    'Kernel memory of an entry of an ipset.',
    program('ipset kmem_delta: 364 kB for 20,000 entries'),
  ),

  // ---- userspace ---------------------------------------------------------------------------------------------------------------
  userspaceSyncBase: base(
    milliseconds(1),
    'Sync of nothing in the userspace mode.',
    assumption('little but walking through a map'),
  ),

  // ---- first packets -----------------------------------------------------------------------------------------------------------
  lookupBase: base(
    microseconds(2.8),
    'What the first packet of a connection to any service takes: translation of addresses and the entry of conntrack.',
    lookup('pos0 less direct with 10 services: 19.5 - 16.7 us'),
  ),
  iptablesLegacyRuleTest: each(
    4.3,
    'Test of one rule of KUBE-SERVICES, legacy.',
    lookup('20,000 services: 81 us from first to last'),
  ),
  iptablesLegacyRandomTest: each(
    52,
    'Test of one rule that picks an endpoint at random, legacy.',
    lookup('10 services of 500 endpoints: 12.9 us for 250'),
  ),
  iptablesNftRuleTest: each(
    16.3,
    'Test of one rule of KUBE-SERVICES, nft back end.',
    lookup('5,000 services: 81 us from first to last'),
  ),
  iptablesNftRandomTest: each(
    88,
    'Test of one rule that picks an endpoint at random, nft back end.',
    lookup('10 services of 500 endpoints: 22 us for 250'),
  ),
  nftablesLookup: each(400, 'Lookup in the verdict maps of nftables.', lookup('nft pos0 less ipt-legacy pos0')),
  nftablesLookupPerEndpoint: each(
    3.6,
    'What each endpoint before the one that is chosen adds to it.',
    lookup('nft: 21.1 us with 500 endpoints, 20.2 with 1'),
  ),
  ipvsLookup: each(500, 'Lookup of a virtual server.', assumption('a hash table; KP-02 calls it close to nftables')),
});

/** Their values. */
export type ModeParameters = ValuesOf<typeof modeParameters>;
