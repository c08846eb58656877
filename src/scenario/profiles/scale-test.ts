/** How the official scalability jobs of Kubernetes set up their control plane. */
import type { Profile } from './profile.ts';

export const scaleTestProfiles = {
  'scale-test': {
    help: 'Client limits, compaction and quota of etcd as the official scalability jobs set them.',
    source:
      'kubernetes/test-infra 0021da4 config/jobs/kubernetes/sig-scalability/sig-scalability-presets.yaml: --kube-api-qps=100 ' +
      '--kube-api-burst=100 for kube-controller-manager and kube-scheduler, ETCD_COMPACTION_INTERVAL_SEC 150; ' +
      'K:test/kubemark/resources/start-kubemark-master.sh: --quota-backend-bytes=4294967296',
    values: {
      'kubeControllerManager.clientQps': 100,
      'kubeControllerManager.clientBurst': 100,
      'kubeScheduler.clientQps': 100,
      'kubeScheduler.clientBurst': 100,
      'kubeApiserver.compactionInterval': '150s',
      'etcd.quotaBackendBytes': 4_294_967_296,
    },
  },
} as const satisfies Record<string, Profile>;
