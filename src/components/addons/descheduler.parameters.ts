/** Parameters of a descheduler in a control plane; what it does is the scenario's policy (`spec.descheduler`). */
import { assumption, count, defineParameters, duration, real, sourceCode } from '../../engine/index.ts';
import { microseconds, nanoseconds, seconds } from '../../units/index.ts';

const LIMITER = 'client-go: rest/config.go (DefaultQPS, DefaultBurst), as the descheduler sets neither';

export const deschedulerParameters = defineParameters({
  clientQps: real({
    default: 5,
    unit: '1/s',
    range: [0, 1e6],
    help: '--client-connection-qps of the descheduler; 0 = no limiter.',
    source: sourceCode(LIMITER),
  }),
  clientBurst: count({
    default: 10,
    unit: 'request',
    range: [1, 1e6],
    help: '--client-connection-burst of it.',
    source: sourceCode(LIMITER),
  }),
  podTime: duration({
    default: microseconds(2),
    range: [nanoseconds(0), seconds(1)],
    help: 'Time in which a plugin looks at a pod that has a node.',
    source: assumption('filters and sums over a struct in memory; a pass over 100,000 pods then takes 0.2 s a plugin'),
  }),
});
