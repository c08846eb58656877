import { describe, expect, it } from 'vitest';
import { load } from './support.ts';

/** The scenario by which the contract with users shows what can be written. */
const contractExample = `# yaml-language-server: $schema=../schema/scenario.schema.json
# How long does one deployment of 3,000 pods take to be Ready on 1,000 nodes, and does the API stay within its SLO?
apiVersion: plimsoll.dev/v1
kind: Scenario
metadata: { name: burst-3000-pods }
spec:
  profile: [kubernetes-1.36, etcd-3.6, disk-nvme, host-8-core]   # named sets of parameter values, left to right
  replications: 5                   # seeds derived from --seed
  until: 20m                        # virtual time at which the run ends at the latest
  params: { nodes: 1000, replicas: 3000 }
  parameters: { kubeProxy.mode: iptables, etcd.members: 3 }
  schedulers:                       # default: one kube-scheduler with its default profile
    - { name: default-scheduler, algorithm: kube-scheduler, configuration: ./kube-scheduler.yaml, replicas: 1, settings: {} }
  operations:
    - createNodes: { count: $nodes, allocatable: { cpu: "4", memory: 16Gi, pods: 110 }, zones: [a, b, c], preload: true }
    - createDeployment: { name: base, replicas: 20000, requests: { cpu: 50m }, preload: true }   # exists, bound and Ready at t = 0
    - apply: { manifests: ./shop.yaml, replicas: { scale: 20 } }     # real manifests
    - createDeployment: { name: web, replicas: $replicas, requests: { cpu: 500m, memory: 1Gi }, rate: 10/s, arrivals: poisson, duration: { distribution: lognormal, p50: 10m, p99: 1h }, measure: true,
        client: { user: deployer, groups: [], qps: 50, burst: 100, connections: 1 } }
    - fault: { at: 5m, kind: etcdLeaderLoss }
    - barrier: { podsReady: all, within: 15m }
  experiment:
    vary: { nodes: [500, 1000, 2000], kubeProxy.mode: [iptables] }
    variants: { spread: {}, pack: { "schedulers.default-scheduler.settings.scoring": MostAllocated } }
  objectives:                       # or the word kubernetes-slos
    - { metric: pod_startup_latency_seconds, labels: { phase: total }, statistic: p99, below: 60s }
    - { metric: apiserver_request_duration_seconds, labels: { verb: POST, resource: pods }, statistic: p99, below: 1s }
`;

describe('the example of the contract', () => {
  const scenario = load(
    contractExample,
    {},
    {
      'kube-scheduler.yaml':
        'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nparallelism: 8\n',
      'shop.yaml':
        'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: shop }\nspec:\n  replicas: 2\n  selector: { matchLabels: { app: shop } }\n  template:\n    metadata: { labels: { app: shop } }\n    spec: { containers: [{ name: a, image: a:1 }] }\n',
    },
  );

  it('loads word for word (but for a proxy mode that is not there yet)', () => {
    expect(scenario).toMatchObject({
      name: 'burst-3000-pods',
      question: expect.stringMatching(/^How long does one deployment/),
      replications: 5,
      until: 1200e9,
      schedulers: [{ name: 'default-scheduler', algorithm: 'kube-scheduler', configuration: { parallelism: 8 } }],
      experiment: { vary: { nodes: [500, 1000, 2000] }, variants: { spread: {} } },
      objectives: [{ below: 60 }, { below: 1 }],
    });
    expect(scenario.operations).toMatchObject([
      {
        kind: 'createNodes',
        count: 1000,
        specification: { allocatable: { cpu: 4000, memory: 16 * 2 ** 30 }, pods: 110 },
      },
      { kind: 'createDeployment', preload: true, intents: [{ replicas: 20_000, template: { requests: { cpu: 50 } } }] },
      { kind: 'apply', intents: [{ name: 'shop', replicas: 40 }] },
      {
        kind: 'createDeployment',
        measure: true,
        arrivals: { kind: 'poisson', rate: 10 },
        client: { user: 'deployer', groups: [], qps: 50, burst: 100, connections: 1 },
      },
      { kind: 'fault', at: 300e9, fault: { fault: 'etcdLeaderLoss' } },
      { kind: 'barrier', conditions: [{ what: 'podsReady', target: 'all' }], within: 900e9 },
    ]);
  });
});
