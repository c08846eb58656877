/**
 * CPU time of one scheduling decision: filters, scores and host selection of the default profile over typed columns, without the API around it.
 *
 *   npm run build && node bench/scheduler-scoring.bench.mjs [--quick] [--dist <folder>]
 */
import { pathToFileURL } from 'node:url';

const quick = process.argv.includes('--quick');
const distIndex = process.argv.indexOf('--dist');
const dist = distIndex > 0 ? pathToFileURL(`${process.argv[distIndex + 1]}/`) : new URL('../dist/', import.meta.url);
const load = (path) => import(new URL(path, dist).href);
const { ObjectTables } = await load('cluster/index.js');
const { RandomStreams } = await load('engine/index.js');
const { algorithmRegistry, Decision, defaultConfiguration } = await load('components/kube-scheduler/index.js');
const { NodeColumns } = await load('components/kube-scheduler/node-columns.js');
const { ExtendedResources, PodRequirementTable } = await load('components/kube-scheduler/pod-requirements.js');
const { makeProfiles } = await load('components/kube-scheduler/profile.js');
const { materialiseParameters } = await load('scenario/index.js');

const { kubeScheduler: parameters } = materialiseParameters({});
/** Nodes, pods, and the most that a decision may take [us] with default sampling and with all nodes. */
const SIZES = [
  { nodes: 500, pods: 15_000 },
  { nodes: 1_000, pods: 30_000 },
  { nodes: 5_000, pods: 150_000, sampled: 25, all: 150 },
];
const TEMPLATES = 20;
const GIB = 2 ** 30;

const amounts = (cpu, gib) => ({ cpu, memory: gib * GIB, ephemeralStorage: 0, extended: {} });

function columnsOf(count, extended) {
  const tables = new ObjectTables();
  const columns = new NodeColumns(tables.keysOf('nodes'), extended);
  for (let i = 0; i < count; i++) {
    const version = tables.nodes.allocate(tables.keysOf('nodes').intern('', `node-${i}`));
    tables.nodes.specification.set(version, {
      allocatable: amounts(32_000, 64),
      pods: 110,
      labels: { 'topology.kubernetes.io/zone': `zone-${i % 3}` },
      taints: [],
      unschedulable: false,
    });
    columns.setNode(tables.nodes, version);
  }
  return columns;
}

const selector = (id) => [{ key: 'app', operator: 'In', values: [`app-${id}`] }];
const zoneSpread = (id, whenUnsatisfiable) => ({
  topologyKey: 'topology.kubernetes.io/zone',
  maxSkew: 1,
  whenUnsatisfiable,
  selector: selector(id),
  minDomains: 1,
  nodeAffinityPolicy: 'Honor',
  nodeTaintsPolicy: 'Ignore',
  matchLabelKeys: [],
});
const term = (id) => ({
  topologyKey: 'topology.kubernetes.io/zone',
  selector: selector(id),
  namespaces: [],
  matchLabelKeys: [],
  mismatchLabelKeys: [],
});

/** Rules about other pods, each with what it adds to a template. */
const RULES = {
  plain: () => ({}),
  'of Deployments': () => ({}),
  'hard spread': (id) => ({ topologySpread: [zoneSpread(id, 'DoNotSchedule')] }),
  'soft spread': (id) => ({ topologySpread: [zoneSpread(id, 'ScheduleAnyway')] }),
  affinity: (id) => ({ podAffinity: { required: [term(id)], preferred: [] } }),
  'preferred anti-affinity': (id) => ({
    podAntiAffinity: { required: [], preferred: [{ weight: 1, term: term(id) }] },
  }),
};

function templateOf(id, rule) {
  const requests = amounts(100 + ((id * 37) % 400), 0.25 + (id % 5) / 8);
  const container = { name: 'main', image: 'app:1', requests, limits: amounts(0, 0), ports: [], sidecar: false };
  return {
    id,
    labels: { app: `app-${id}` },
    initContainers: [],
    containers: [container],
    requests,
    nodeSelector: {},
    nodeAffinity: { preferred: [] },
    tolerations: [],
    nodeName: '',
    hostNetwork: false,
    ...RULES[rule](id),
  };
}

/** Schedules `pods` pods over `nodes` nodes, from empty; returns the time of a decision [us] and of an examined node [ns]. */
function measure(nodes, pods, percentageOfNodesToScore, rule = 'plain') {
  const extended = new ExtendedResources();
  const columns = columnsOf(nodes, extended);
  const [profile] = makeProfiles(
    { ...defaultConfiguration('default-scheduler'), percentageOfNodesToScore },
    columns,
    parameters,
  );
  const tieBreak = new RandomStreams('bench', 0).stream('tieBreak');
  const algorithm = algorithmRegistry['kube-scheduler'].create({ nodes: columns, parameters, tieBreak });
  const table = new PodRequirementTable(extended);
  const templates = Array.from({ length: TEMPLATES }, (_, id) => {
    const controller = rule === 'of Deployments' ? { selector: selector(id), ofDeployment: true } : undefined;
    return table.of(templateOf(id, rule), 'default', controller);
  });
  const decision = new Decision();
  let examined = 0;
  const started = process.cpuUsage();
  for (let i = 0; i < pods; i++) {
    const pod = templates[i % TEMPLATES];
    decision.reset();
    algorithm.decide(pod, profile, decision);
    examined += decision.examined;
    if (decision.node >= 0) columns.count(decision.node, pod, 1);
  }
  const { user, system } = process.cpuUsage(started);
  const elapsed = user + system;
  return { perPod: elapsed / pods, perNode: (elapsed * 1e3) / examined, examined: examined / pods };
}

measure(200, 2_000, 0);
let failed = false;
for (const { nodes, pods, sampled, all } of SIZES) {
  for (const [label, percentage, limit] of [
    ['sampled', 0, sampled],
    ['all nodes', 100, all],
  ]) {
    const { perPod, perNode, examined } = measure(nodes, quick || percentage === 100 ? pods / 10 : pods, percentage);
    const verdict = limit === undefined ? '' : perPod <= limit ? `  <= ${limit} us` : `  ABOVE ${limit} us`;
    if (limit !== undefined && perPod > limit) failed = true;
    const numbers = `${perPod.toFixed(1)} us a pod, ${examined.toFixed(0)} nodes examined, ${perNode.toFixed(1)} ns each`;
    console.log(`${String(nodes).padStart(5)} nodes, ${label.padEnd(9)}: ${numbers}${verdict}`);
  }
}
for (const rule of Object.keys(RULES)) {
  const { perPod } = measure(5_000, quick ? 5_000 : 50_000, 0, rule);
  console.log(` 5000 nodes, sampled, pods ${rule}: ${perPod.toFixed(1)} us a pod`);
}
process.exitCode = failed ? 1 : 0;
