/**
 * How a bottleneck is lifted, to see which one comes next: every server and limiter where work can wait (the names of the wait ledger and of
 * plimsoll_server_*), with the parameters that make it faster or larger, or with the reason why nothing here does. A new server = one line.
 */

import { kubeProxyParameters } from '../../components/kube-proxy/index.ts';
import type { ParameterDefinition } from '../../engine/index.ts';

/** A parameter and by what its value is multiplied; of a distribution all values are. */
export interface ParameterLift {
  /** "etcd.walSync". */
  readonly parameter: string;
  readonly factor: number;
}

/** What is done about one kind of server. */
export type Lift =
  | { readonly parameters: readonly ParameterLift[]; readonly means: string }
  | { readonly impossible: string };

/** Limits that somebody set: ten times as high, they are out of the way. */
const LIMIT = 10;
/** Machines: four times the cores, a quarter of the time; more is not to be had. */
const MACHINE = 4;
const TIME = 1 / MACHINE;
/** Disks: from a spinning one to a good one, the sync takes a tenth. */
const DISK = 1 / 10;

const by = (factor: number, ...parameters: readonly string[]): readonly ParameterLift[] =>
  parameters.map((parameter) => ({ parameter, factor }));

const workers = (parameter: string): Lift => ({ parameters: by(LIMIT, parameter), means: 'ten times the workers' });
const clientLimits = (component: string): Lift => ({
  parameters: by(LIMIT, `${component}.clientQps`, `${component}.clientBurst`),
  means: "ten times the client's limits",
});

const moreCores: Lift = { parameters: by(MACHINE, 'host.controlPlaneCores'), means: 'four times the cores' };
const moreSeats: Lift = {
  parameters: by(LIMIT, 'kubeApiserver.maxRequestsInflight', 'kubeApiserver.maxMutatingRequestsInflight'),
  means: 'ten times the requests in service at once',
};
/** What a scheduler's loop computes for each pod. */
const SCHEDULING_TIMES: readonly string[] = [
  'cycleTime',
  'hostSelectionTimePerNode',
  'preFilterTime',
  'filterTime',
  'filterCallTime',
  'resourceFilterTime',
  'nodeAffinityFilterTime',
  'preScoreTime',
  'scoreTime',
  'scoreCallTime',
  'resourceScoreTime',
  'deviceFilterTime',
  'spreadFilterTimePerNode',
  'spreadScoreTimePerNode',
  'spreadTimePerPod',
  'spreadTimePerOwnPod',
  'interPodFilterTimePerNode',
  'interPodScoreTimePerNode',
  'interPodMergeTimePerNode',
  'interPodTimePerPod',
  'batchHintTime',
].map((name) => `kubeScheduler.${name}`);

/** What kube-proxy's syncs cost, in all modes: spans, and nanoseconds for each thing; not when they happen, and not what lookups cost. */
const PROXY_TIMES: readonly string[] = Object.entries<ParameterDefinition>(kubeProxyParameters)
  .filter(
    ([name, { unit, type }]) =>
      (unit === 'ns' || type === 'duration') && /^(iptables|nftables|ipvs|ipset|userspace)/.test(name),
  )
  .map(([name]) => name)
  .filter((name) => !/Period$|Lookup|Test$/.test(name))
  .map((name) => `kubeProxy.${name}`);

/** Controllers of kube-controller-manager, each with a client and so a limiter of its own. */
const CONTROLLER_CLIENTS =
  /^((deployment|replicaset|endpoint|endpointslice|node|taint-eviction|resourcequota|disruption|ephemeral-volume|resource-claim)-controller|generic-garbage-collector|pod-garbage-collector|persistentvolume-binder|kube-controller-manager)( .*)? client limiter$/;

/** In this order: the first pattern that fits a name counts. */
export const lifts: readonly (readonly [names: RegExp, lift: Lift])[] = [
  [/^(kubelet heartbeat|kube-apiserver loopback) client limiter$/, { impossible: 'this client has no limit to lift' }],
  [/^load client /, { impossible: 'it is the limit of a client of the load itself: what the scenario asks for' }],
  [/ leader election client limiter$/, { impossible: 'elections make a request every two seconds' }],
  [CONTROLLER_CLIENTS, clientLimits('kubeControllerManager')],
  [/^kube-proxy client limiter$/, clientLimits('kubeProxy')],
  [
    /^kubelet client limiter$/,
    { parameters: by(LIMIT, 'kubelet.apiQps', 'kubelet.apiBurst'), means: "ten times the client's limits" },
  ],
  [
    /^kubelet events client limiter$/,
    { parameters: by(LIMIT, 'kubelet.eventQps', 'kubelet.eventBurst'), means: "ten times the client's limits" },
  ],
  [/^(external-provisioner|csi).* client limiter$/, clientLimits('csiProvisioner')],
  [/^kube-apiserver in-flight limit$/, moreSeats],
  [/^flow control /, moreSeats],
  [/^kube-apiserver CPU$/, moreCores],
  [/^(control-plane|etcd) host \d+ CPU$/, moreCores],
  [/^host \d+ of kube-scheduler.* CPU$/, moreCores],
  [/^etcd CPU$/, moreCores],
  [
    /^kube-apiserver admission$/,
    {
      impossible:
        'requests wait here for webhooks and for the judgement of quotas, whose pace is not a setting of the control plane',
    },
  ],
  [/^webhook /, { impossible: 'a webhook is a service of the user: `webhooks` of the scenario says what it can take' }],
  [
    /^etcd disk \(WAL\)$/,
    {
      parameters: [...by(DISK, 'etcd.walSync', 'etcd.walStall'), ...by(0, 'etcd.walStallShare')],
      means: 'a disk that syncs in a tenth of the time, without stalls',
    },
  ],
  [/^etcd apply$/, { parameters: by(TIME, 'etcd.applyService'), means: 'a quarter of the time for each entry' }],
  [
    /^etcd leader$/,
    { impossible: 'requests wait here while etcd elects a leader: that is an outage, no lack of anything' },
  ],
  [/^deployment workers$/, workers('kubeControllerManager.concurrentDeploymentSyncs')],
  [/^replicaset workers$/, workers('kubeControllerManager.concurrentReplicaSetSyncs')],
  [/^endpoint_slice workers$/, workers('kubeControllerManager.concurrentServiceEndpointSyncs')],
  [/^endpoint workers$/, workers('kubeControllerManager.concurrentEndpointSyncs')],
  [/^garbage_collector_attempt_to_delete workers$/, workers('kubeControllerManager.concurrentGarbageCollectorSyncs')],
  [/^resource_quota_primary workers$/, workers('kubeControllerManager.concurrentResourceQuotaSyncs')],
  [/^ephemeral_volume workers$/, workers('kubeControllerManager.concurrentEphemeralVolumeSyncs')],
  [/^resource_claim workers$/, workers('kubeControllerManager.concurrentResourceClaimSyncs')],
  [/^node_lifecycle_controller workers$/, workers('kubeControllerManager.nodeUpdateWorkers')],
  [/^noexec_taint_(node|pod) workers$/, workers('kubeControllerManager.taintEvictionWorkers')],
  [
    /^(disruption|claims|volumes) workers$/,
    { impossible: 'kube-controller-manager has one worker for it, and no flag for more' },
  ],
  [/ (provisioning|deletion|claims|volumes|provision|delete) workers$/, workers('csiProvisioner.workers')],
  [
    /^kube-proxy syncs$/,
    {
      parameters: by(TIME, ...PROXY_TIMES),
      means: 'syncs that take a quarter of the time',
    },
  ],
  [
    /^image registry$/,
    {
      parameters: by(LIMIT, 'kubelet.registryBandwidth', 'kubelet.registryConcurrency', 'kubelet.registryPullQps'),
      means: 'a registry that sends ten times as much',
    },
  ],
  [
    /^kubelet image pulls$/,
    {
      parameters: [
        ...by(LIMIT, 'kubelet.imageUnpackRate'),
        ...by(1 / LIMIT, 'kubelet.imageSizeMedian', 'kubelet.imageSizeP99', 'kubelet.imageCheck'),
      ],
      means: 'images of a tenth of the size that unpack ten times as fast',
    },
  ],
  [
    /^container engine$/,
    {
      parameters: by(LIMIT, 'kubelet.runtimeConcurrency'),
      means: 'ten times the containers that an engine starts at once',
    },
  ],
  [
    /^kubelet status manager$/,
    {
      impossible:
        'a kubelet writes one status at a time; how long each takes is told by the servers that its requests meet',
    },
  ],
  [/^room on the nodes$/, { impossible: 'pods wait here until a node has room: more nodes, or smaller requests' }],
  [
    /^volumes of pods$/,
    { impossible: 'pods wait here until their volumes exist, which the storage behind the cluster decides' },
  ],
  [/^kube-scheduler.* client limiter$/, clientLimits('kubeScheduler')],
  [
    /^kube-scheduler.* loop$/,
    { parameters: by(TIME, ...SCHEDULING_TIMES), means: 'a scheduler that decides in a quarter of the time' },
  ],
  [
    /^CNI address locks$/,
    { parameters: by(TIME, 'cni.lockHold', 'cni.lockPerTry'), means: 'a lock that is held for a quarter of the time' },
  ],
  [
    /^(typha|(flannel|calico|cilium) agent) client limiter$/,
    { parameters: by(LIMIT, 'cni.agentQps', 'cni.agentBurst'), means: "ten times the client's limits" },
  ],
  [
    /^log store$/,
    { parameters: by(LIMIT, 'logAgent.backendThroughput'), means: 'a log store that takes ten times as much' },
  ],
  [
    /^network policy agents$/,
    {
      parameters: by(TIME, 'cni.policyProgramBase', 'cni.policyProgramPerRule'),
      means: 'rules that are programmed in a quarter of the time',
    },
  ],
  [
    /^metrics-server CPU$/,
    { parameters: by(MACHINE, 'metricsServer.cores'), means: 'four times the cores of metrics-server' },
  ],
  [/^Prometheus CPU$/, { parameters: by(MACHINE, 'prometheus.cores'), means: 'four times the cores of each replica' }],
  [
    /^ingress-nginx sync limiter$/,
    { parameters: by(LIMIT, 'ingressNginx.syncRateLimit'), means: 'ten times the syncs of the ingress controller' },
  ],
  [/^node-problem-detector client limiter$/, clientLimits('nodeProblemDetector')],
  [
    /^log agent client limiter$/,
    { impossible: 'log agents have no limit of their own, unless logAgent.clientQps gives them one' },
  ],
  [
    /^(metrics-server|prometheus|ingress-nginx) client limiter$/,
    { impossible: "the limits of this client stand in the program's source: it has no flag for them" },
  ],
  [/^CoreDNS CPU$/, { parameters: by(MACHINE, 'coredns.cores'), means: 'four times the cores for each replica' }],
  [
    /^(coredns|dns-autoscaler) client limiter$/,
    { impossible: "the limits of this client stand in the program's source: it has no flag for them" },
  ],
];

/** What is done about a server; undefined if nobody has said. */
export function liftOf(server: string): Lift | undefined {
  return lifts.find(([names]) => names.test(server))?.[1];
}
