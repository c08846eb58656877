/** Parameters of node-problem-detector. NPD = kubernetes/node-problem-detector. */
import {
  assumption,
  count,
  defineParameters,
  distribution,
  duration,
  real,
  sourceCode,
} from '../../../engine/index.ts';
import { seconds } from '../../../units/index.ts';

const MANAGER = 'NPD:pkg/exporters/k8sexporter/condition/manager.go';

export const nodeProblemDetectorParameters = defineParameters({
  heartbeatPeriod: duration({
    default: seconds(300),
    range: [seconds(1), seconds(86_400)],
    help: '--k8s-exporter-heartbeat-period: how often an agent writes the conditions of its node although none has changed.',
    source: sourceCode('NPD:cmd/options/options.go'),
  }),
  updatePeriod: duration({
    default: seconds(1),
    range: [seconds(1), seconds(3600)],
    help: 'How often it looks whether a condition has changed.',
    source: sourceCode(MANAGER),
  }),
  resyncPeriod: duration({
    default: seconds(10),
    range: [seconds(1), seconds(3600)],
    help: 'Pause before conditions that could not be written are written again.',
    source: sourceCode(MANAGER),
  }),
  permanentInterval: duration({
    default: seconds(30 * 86_400),
    range: [seconds(1), seconds(3650 * 86_400)],
    help: 'Mean time between permanent problems of a node (KernelDeadlock, ReadonlyFilesystem): a condition that becomes True.',
    source: assumption('one node in a month; a bad kernel or disk model makes it much less'),
  }),
  permanentDuration: distribution({
    default: { distribution: 'exponential', mean: seconds(600) },
    help: 'How long such a problem lasts, until somebody or something has repaired the node.',
    source: assumption('a reboot by a repair system'),
  }),
  temporaryInterval: duration({
    default: seconds(86_400),
    range: [seconds(1), seconds(3650 * 86_400)],
    help: 'Mean time between temporary problems of a node (OOMKilling, TaskHung): an event.',
    source: assumption('one a day: processes that the kernel kills for their memory'),
  }),
  clientQps: real({
    default: 5,
    unit: '1/s',
    range: [0, 1e6],
    help: 'Limit of an agent’s requests; 0 = none.',
    source: sourceCode('K:staging client-go/rest/config.go', 'it keeps the default'),
  }),
  clientBurst: count({
    default: 10,
    unit: 'request',
    range: [1, 1e6],
    help: 'Burst of it.',
    source: sourceCode('K:staging client-go/rest/config.go'),
  }),
});
