/** Parameters of kube-proxy. What syncs and lookups cost in each mode is in modes/modes.parameters.ts. */
import {
  assumption,
  choice,
  count,
  defineParameters,
  distribution,
  duration,
  real,
  sourceCode,
} from '../../engine/index.ts';
import { milliseconds, seconds } from '../../units/index.ts';
import { modeParameters, type ProxyModeName, proxyModeNames } from './modes/index.ts';

export const kubeProxyParameters = defineParameters({
  mode: choice<ProxyModeName>({
    default: 'iptables',
    choices: proxyModeNames,
    help: 'How services are programmed on the nodes.',
    source: sourceCode('K:cmd/kube-proxy/app/server_linux.go'),
  }),
  clientQps: real({
    default: 5,
    unit: '1/s',
    range: [0, 1e6],
    help: 'Client-side limiter; 0 = none.',
    source: sourceCode('K:pkg/proxy/apis/config/v1alpha1/defaults.go'),
  }),
  clientBurst: count({
    default: 10,
    unit: 'request',
    range: [1, 1e6],
    help: 'Burst of that limiter.',
    source: sourceCode('K:pkg/proxy/apis/config/v1alpha1/defaults.go'),
  }),
  syncBurst: count({
    default: 1,
    unit: 'sync',
    range: [1, 100],
    help: 'Syncs that may follow each other without the pause after a quiet time.',
    source: sourceCode('K:pkg/proxy/runner/bounded_frequency_runner.go', 'none since 1.34; 2 before (burstSyncs)'),
  }),
  largeClusterEndpoints: count({
    default: 1000,
    unit: 'endpoint',
    range: [1, 1e7],
    help: 'iptables: with more endpoints than this the hourly full sync is left out, and chains are read back at most each syncPeriod.',
    source: sourceCode('K:pkg/proxy/iptables/proxier.go:largeClusterEndpointsThreshold'),
  }),
  lockWait: duration({
    default: seconds(5),
    range: [milliseconds(1), seconds(600)],
    help: 'How long a sync waits for the lock of iptables before it fails.',
    source: sourceCode('K:pkg/util/iptables/iptables.go', 'WaitSecondsValue 5'),
  }),
  foreignLockRate: real({
    default: 0,
    unit: '1/s',
    range: [0, 1e4],
    help: 'How often somebody else on a node (CNI plugins, agents of network policies) takes the lock of iptables; 0 = nobody.',
    source: assumption('off unless a scenario asks for it'),
  }),
  foreignLockHold: distribution({
    default: { distribution: 'lognormal', p50: milliseconds(5), p99: milliseconds(100) },
    help: 'How long each holds it, beside the copy of the table that every run of iptables makes.',
    source: assumption('a few rules of a port mapping; rarely a whole set of policies'),
  }),
  ...modeParameters,
});
