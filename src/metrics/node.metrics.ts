/** What the node side exports: kubelets, and the controller that watches over nodes. */
import type { MetricDefinition } from './metric.ts';

/** kubelet's own buckets for pod starts: 0.5 s to one hour. */
export const POD_START_BUCKETS = [
  0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600,
] as const;

/** kubelet's own buckets for image pulls: 1 s to half an hour. */
const IMAGE_PULL_BUCKETS = [1, 5, 10, 20, 30, 60, 180, 360, 480, 600, 900, 1200, 1800] as const;

export const nodeMetrics = {
  kubelet_pod_start_sli_duration_seconds: {
    name: 'kubelet_pod_start_sli_duration_seconds',
    kind: 'histogram',
    unit: 's',
    labels: [],
    buckets: POD_START_BUCKETS,
    help: 'Time from the creation of a pod to all its containers running and seen by watch, image pulls and init containers left out.',
    source: 'kubelet (alpha)',
  },
  kubelet_started_containers_total: {
    name: 'kubelet_started_containers_total',
    kind: 'counter',
    unit: '1',
    labels: ['container_type'],
    help: 'Containers that kubelets have started, restarts included, by type: container, init_container (sidecars too).',
    source: 'kubelet (alpha)',
  },
  kubelet_running_containers: {
    name: 'kubelet_running_containers',
    kind: 'gauge',
    unit: '1',
    labels: ['container_state'],
    help: 'Containers on all nodes, by state: running.',
    source: 'kubelet (beta), summed over all nodes',
  },
  plimsoll_container_restarts_total: {
    name: 'plimsoll_container_restarts_total',
    kind: 'counter',
    unit: '1',
    labels: [],
    help: 'Starts of containers that had run before in the same pod.',
    source: 'ours: the growth of restartCount over all pods',
  },
  plimsoll_container_out_of_memory_kills_total: {
    name: 'plimsoll_container_out_of_memory_kills_total',
    kind: 'counter',
    unit: '1',
    labels: [],
    help: 'Containers that the kernel killed because they had used up their memory limit.',
    source: 'ours: container_oom_events_total of cAdvisor over all nodes',
  },
  prober_probe_total: {
    name: 'prober_probe_total',
    kind: 'counter',
    unit: '1',
    labels: ['probe_type', 'result'],
    help: 'Probes that kubelets have made, by type (Liveness, Readiness, Startup) and result (successful, failed).',
    source: 'kubelet (beta)',
  },
  kubelet_image_pull_duration_seconds: {
    name: 'kubelet_image_pull_duration_seconds',
    kind: 'histogram',
    unit: 's',
    labels: ['image_size_in_bytes'],
    buckets: IMAGE_PULL_BUCKETS,
    help: 'Time from the begin of a pull on a node until its image was unpacked, by class of compressed size; without the wait for other pulls.',
    source: 'kubelet (alpha)',
  },
  kubelet_image_garbage_collected_total: {
    name: 'kubelet_image_garbage_collected_total',
    kind: 'counter',
    unit: '1',
    labels: ['reason'],
    help: 'Images that kubelets deleted, by reason: space.',
    source: 'kubelet (alpha)',
  },
  kubelet_evictions: {
    name: 'kubelet_evictions',
    kind: 'counter',
    unit: '1',
    labels: ['eviction_signal'],
    help: 'Pods that kubelets evicted because their node was short of something, by signal.',
    source: 'kubelet (alpha)',
  },
  kubelet_admission_rejections_total: {
    name: 'kubelet_admission_rejections_total',
    kind: 'counter',
    unit: '1',
    labels: ['reason'],
    help: 'Pods that kubelets refused, by reason: schedulers had given a node more than it has, or no longer knew it.',
    source: 'kubelet (alpha)',
  },
  plimsoll_rejected_pod_age_seconds: {
    name: 'plimsoll_rejected_pod_age_seconds',
    kind: 'histogram',
    unit: 's',
    labels: [],
    buckets: POD_START_BUCKETS,
    help: 'Time from the creation of a pod to its refusal by a kubelet: the work of scheduling and binding it was in vain, and it has to be made again.',
    source: 'ours',
  },
  plimsoll_kubelet_restarts_total: {
    name: 'plimsoll_kubelet_restarts_total',
    kind: 'counter',
    unit: '1',
    labels: ['supervisor'],
    help: 'Processes of kubelets that were started after another one had ended, by what started them.',
    source: 'ours',
  },
  plimsoll_kubelets_given_up: {
    name: 'plimsoll_kubelets_given_up',
    kind: 'gauge',
    unit: '1',
    labels: ['supervisor'],
    help: 'Kubelets that stay down because they crashed too often for their supervisor (systemd: start limit hit; Supervisord: FATAL).',
    source: 'ours',
  },
  node_collector_evictions_total: {
    name: 'node_collector_evictions_total',
    kind: 'counter',
    unit: '1',
    labels: ['zone'],
    help: 'Nodes that the node lifecycle controller tainted NoExecute, by zone.',
    source: 'kube-controller-manager (stable)',
  },
  node_collector_unhealthy_nodes_in_zone: {
    name: 'node_collector_unhealthy_nodes_in_zone',
    kind: 'gauge',
    unit: '1',
    labels: ['zone'],
    help: 'Nodes that are not Ready, by zone.',
    source: 'kube-controller-manager (alpha)',
  },
} as const satisfies Record<string, MetricDefinition>;
