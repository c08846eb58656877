/** All cases by name. To add one: a file here and a line below. */
import type { ValidationCase } from '../validation-case.ts';
import { apiConflicts, apiConflictsRep2 } from './api-conflicts.ts';
import { apiCrud } from './api-crud.ts';
import { apiPriorityAndFairness } from './api-fairness.ts';
import { apiLeaseRenewals } from './api-leases.ts';
import { apiList, apiListConcurrent } from './api-lists.ts';
import { apiWatchFanout, apiWatchFanoutRep2 } from './api-watches.ts';
import { etcdClusterPut, etcdOpenLoop, etcdPutGrid, etcdPutSlowFsync } from './etcd-puts.ts';
import { etcdGetGrid, etcdLeaseKeepalive, etcdRangeGrid } from './etcd-reads.ts';
import { etcdDbLifecycle, etcdDbSizes } from './etcd-sizes.ts';
import { etcdCasGrid } from './etcd-transactions.ts';
import { etcdWatchFanout } from './etcd-watches.ts';
import { kubeletPodStarts } from './kubelet-pod-starts.ts';
import {
  proxyIptablesLegacy,
  proxyIptablesNft,
  proxyLookups,
  proxyNftables,
  proxyWholeSyncs,
} from './proxy-programs.ts';
import { publishedApiserver } from './published-apiserver.ts';
import { publishedEtcd } from './published-etcd.ts';
import { schedulerPerfMeasured, schedulerPerfPublished } from './scheduler-perf.ts';

export const validationCases: Readonly<Record<string, ValidationCase>> = {
  'etcd-put-grid': etcdPutGrid,
  'etcd-put-slow-fsync': etcdPutSlowFsync,
  'etcd-cluster-put': etcdClusterPut,
  'etcd-open-loop': etcdOpenLoop,
  'etcd-get-grid': etcdGetGrid,
  'etcd-range-grid': etcdRangeGrid,
  'etcd-lease-keepalive': etcdLeaseKeepalive,
  'etcd-cas-grid': etcdCasGrid,
  'etcd-watch-fanout': etcdWatchFanout,
  'etcd-db-sizes': etcdDbSizes,
  'etcd-db-lifecycle': etcdDbLifecycle,
  'etcd-published': publishedEtcd,
  'apiserver-crud': apiCrud,
  'apiserver-conflicts': apiConflicts,
  'apiserver-conflicts-rep2': apiConflictsRep2,
  'apiserver-list': apiList,
  'apiserver-list-concurrent': apiListConcurrent,
  'apiserver-watch-fanout': apiWatchFanout,
  'apiserver-watch-fanout-rep2': apiWatchFanoutRep2,
  'apiserver-priority-and-fairness': apiPriorityAndFairness,
  'apiserver-lease-renewals': apiLeaseRenewals,
  'apiserver-published': publishedApiserver,
  'scheduler-perf': schedulerPerfPublished,
  'scheduler-perf-measured': schedulerPerfMeasured,
  'kubelet-pod-starts': kubeletPodStarts,
  'kube-proxy-iptables-legacy': proxyIptablesLegacy,
  'kube-proxy-iptables-nft': proxyIptablesNft,
  'kube-proxy-nftables': proxyNftables,
  'kube-proxy-whole-syncs': proxyWholeSyncs,
  'kube-proxy-lookups': proxyLookups,
};
