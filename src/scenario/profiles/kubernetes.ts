/** Versions of Kubernetes, as far as their behaviour differs in what is modelled. The parameters' defaults are those of 1.36. */
import type { Profile } from './profile.ts';

/** Where the differences between versions are listed. */
const SOURCE = 'Kubernetes source and release notes of the versions';

/** Up to 1.35: pods of a gang are scheduled one by one; BalancedAllocation scores the balance with the pod; ReplicaSets are synced on caches that may be stale; nftables has a chain for each endpoint. */
const UP_TO_1_35 = {
  'kubeScheduler.podGroupCycle': false,
  'kubeProxy.nftablesEndpointChains': true,
  'kubeScheduler.balancedAllocation': 'balance',
  'kubeControllerManager.replicaSetConsistency': false,
} as const;
/** Up to 1.34: reflectors begin with a list; pods with readiness probes are not Ready after a restart of their kubelet; pods that wait to be bound are not told for which node; every pod has a ranking of its own. */
const UP_TO_1_34 = {
  ...UP_TO_1_35,
  'kubeScheduler.opportunisticBatching': false,
  'clientGo.watchList': false,
  'kubelet.restartLosesReadiness': true,
  'kubeScheduler.nominatesBeforeBinding': false,
} as const;
/** Up to 1.33: kube-proxy may sync twice in a row after a quiet time, and in ipvs mode looks through everything every 30 s; watch caches keep no snapshots; seats of a list go by its objects. */
const UP_TO_1_33 = {
  ...UP_TO_1_34,
  'kubeProxy.syncBurst': 2,
  'kubeProxy.ipvsResyncPeriod': '30s',
  'kubeApiserver.watchList': false,
  'kubeApiserver.listFromCacheSnapshot': false,
  'kubeApiserver.cacheConsistencyCheck': false,
  'kubeApiserver.listWidth': 'objects',
  'kubeApiserver.listMaximumSeats': 10,
} as const;
/** Up to 1.32: an idle scheduler leaves pods to their back-off. */
const UP_TO_1_32 = { ...UP_TO_1_33, 'kubeScheduler.popFromBackoff': false } as const;
/** Up to 1.31: a silent node is Unknown after 40 s, not 50 s; every change moves all unschedulable pods; every sync of nftables writes everything. */
const UP_TO_1_31 = {
  ...UP_TO_1_32,
  'kubeControllerManager.nodeMonitorGracePeriod': '40s',
  'kubeScheduler.queueingHints': false,
  'kubeProxy.nftablesPartialSync': false,
} as const;
/** Up to 1.30: consistent lists go to etcd, and requests wait for a watch cache that is filled. */
const UP_TO_1_30 = {
  ...UP_TO_1_31,
  'kubeApiserver.consistentListFromCache': false,
  'kubeApiserver.resilientCacheInitialization': false,
} as const;
/** Up to 1.26: every sync of kube-proxy writes all chains; kubelets do not tell when sandboxes are ready. */
const UP_TO_1_26 = {
  ...UP_TO_1_30,
  'kubeProxy.partialSync': false,
  'kubelet.podReadyToStartContainers': false,
} as const;
/** Up to 1.25: levels of priority and fairness lend no seats, bound no width of a request and ask refused clients to come again after 1 s. */
const UP_TO_1_25 = {
  ...UP_TO_1_26,
  'kubeApiserver.borrowing': false,
  'kubeApiserver.widthByLevel': false,
  'kubeApiserver.streamingLists': false,
  'kubeApiserver.retryAfterMaximum': '1s',
} as const;

export const kubernetesProfiles = {
  'kubernetes-1.36': { help: 'Kubernetes 1.36: the defaults.', source: SOURCE, values: {} },
  'kubernetes-1.35': { help: 'Kubernetes 1.35.', source: SOURCE, values: UP_TO_1_35 },
  'kubernetes-1.34': { help: 'Kubernetes 1.34.', source: SOURCE, values: UP_TO_1_34 },
  'kubernetes-1.33': { help: 'Kubernetes 1.33.', source: SOURCE, values: UP_TO_1_33 },
  'kubernetes-1.32': { help: 'Kubernetes 1.32.', source: SOURCE, values: UP_TO_1_32 },
  'kubernetes-1.31': { help: 'Kubernetes 1.31.', source: SOURCE, values: UP_TO_1_31 },
  'kubernetes-1.25': { help: 'Kubernetes 1.25.', source: SOURCE, values: UP_TO_1_25 },
} as const satisfies Record<string, Profile>;
