/** Parameters of kube-proxy. Sync costs are fitted to rule sets of its shape that were programmed on a real kernel, up to 170,000 rules. */
import { choice, count, defineParameters, duration, flag, measured, real, sourceCode } from '../../engine/index.ts';
import { milliseconds, nanoseconds, seconds } from '../../units/index.ts';
import { type ProxyModeName, proxyModeNames } from './modes/index.ts';

const program = (note: string) => measured('proxy/program.csv', note);

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
  minSyncPeriod: duration({
    default: seconds(1),
    range: [nanoseconds(0), seconds(600)],
    help: 'Smallest pause between the end of one sync and the start of the next.',
    source: sourceCode('K:pkg/proxy/apis/config/v1alpha1/defaults.go'),
  }),
  fullSyncPeriod: duration({
    default: seconds(3600),
    range: [seconds(1), seconds(86_400)],
    help: 'Everything is written anew this often.',
    source: sourceCode('K:pkg/proxy/util/utils.go:FullSyncPeriod'),
  }),
  partialSync: flag({
    default: true,
    help: 'Whether a sync writes only the chains of services that changed (beside the chains that list all services).',
    source: sourceCode('K:pkg/proxy/iptables/proxier.go', 'MinimizeIPTablesRestore, on since 1.27'),
  }),
  largeClusterEndpoints: count({
    default: 1000,
    unit: 'endpoint',
    range: [1, 1e7],
    help: 'With more endpoints than this the hourly full sync is left out.',
    source: sourceCode('K:pkg/proxy/iptables/proxier.go'),
  }),
  syncBase: duration({
    default: milliseconds(1.5),
    range: [nanoseconds(0), seconds(10)],
    help: 'Sync of nothing: processes started, locks taken.',
    source: program('ipt-legacy partial_min at 59 rules: 1.6 ms'),
  }),
  syncPerLine: duration({
    default: nanoseconds(10_500),
    range: [nanoseconds(0), milliseconds(10)],
    help: "What each line handed to iptables-restore adds, with kube-proxy's own work for it.",
    source: program(
      'ipt-legacy: 8 us a line (partial_kubeproxy less partial_min); kube_proxy_sync.csv: 2.5 us of kube-proxy CPU a line',
    ),
  }),
  syncPerRule: duration({
    default: nanoseconds(3600),
    range: [nanoseconds(0), milliseconds(10)],
    help: "What each rule in the kernel's table adds: iptables-restore replaces the whole table.",
    source: program('ipt-legacy partial_min: 0.54 s at 152,009 rules, 0.61 s at 170,009'),
  }),
});
