/** Settings that some architectures have in common, and usual values of shared ones that are theirs. */
import {
  assumption,
  type DistributionSpec,
  defineParameters,
  documentation,
  duration,
  measured,
} from '../../../engine/index.ts';
import { microseconds, milliseconds, nanoseconds, seconds } from '../../../units/index.ts';
import { placementSettings, sharedSettings } from './shared-settings.ts';

/** For architectures whose schedulers must not all take the same node. */
export const randomPlacement = defineParameters({
  placement: { ...placementSettings.placement, default: 'random-fit' },
});

const NO_TIME: DistributionSpec = { distribution: 'constant', value: 0 };
const SAMPLING = assumption('sampling workers searches nothing; its messages take networkDelay');

/** Decision times of schedulers that sample workers. */
export const quickDecisions = defineParameters({
  decisionTimePerJob: { ...sharedSettings.decisionTimePerJob, default: NO_TIME, source: SAMPLING },
  decisionTimePerTask: { ...sharedSettings.decisionTimePerTask, default: NO_TIME, source: SAMPLING },
});

/** Messages between schedulers and workers. */
export const networkSettings = defineParameters({
  networkDelay: duration({
    help: 'Time of a message between a scheduler and a node, one way.',
    default: microseconds(500),
    range: [nanoseconds(0), seconds(60)],
    source: documentation('Delgado et al., Hawk, USENIX ATC 2015', '0.5 ms'),
  }),
});

/** One cycle of kube-scheduler at 1,000 nodes, 420 of them rated: 60 + 10 + 70 + 714 + 13 + 100 + 1,890 + 105 us by its parameters. */
const POD_TIME: DistributionSpec = { distribution: 'constant', value: milliseconds(3) };
const POD_BY_POD = measured('data/measured/kubernetes/scheduler_standalone.csv', 'a cycle at 1,000 nodes');

/** Decision times of schedulers that take pods one by one, as those in Kubernetes clusters do. */
export const podByPodDecisions = defineParameters({
  decisionTimePerJob: { ...sharedSettings.decisionTimePerJob, default: NO_TIME, source: POD_BY_POD },
  decisionTimePerTask: { ...sharedSettings.decisionTimePerTask, default: POD_TIME, source: POD_BY_POD },
});
