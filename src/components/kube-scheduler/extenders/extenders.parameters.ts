/** Parameters of scheduler extenders: what the programs behind them do, which no configuration tells. */
import { assumption, defineParameters, distribution, duration, real } from '../../../engine/index.ts';
import { microseconds, milliseconds, nanoseconds } from '../../../units/index.ts';

/** Part of the parameters of kube-scheduler. */
export const extenderParameters = defineParameters({
  extenderCallTime: distribution({
    default: { distribution: 'lognormal', p50: 3_000_000, p99: 30_000_000 },
    help: 'Time of one call of an extender, from the request to its answer.',
    source: assumption('an HTTP service in the same cluster that looks at a cache of its own'),
  }),
  extenderPasses: real({
    default: 1,
    unit: 'share',
    range: [0, 1],
    help: 'Share of the nodes that the filter of an extender lets pass; which ones is drawn for each pod and node.',
    source: assumption('what an extender decides is in no configuration; 1 shows what asking it costs'),
  }),
  extenderFailures: real({
    default: 0,
    unit: 'share',
    range: [0, 1],
    help: 'Share of the calls of an extender that fail.',
    source: assumption('a service that is well'),
  }),
  extenderEncodingPerNode: duration({
    default: microseconds(40),
    range: [nanoseconds(0), milliseconds(10)],
    help: 'CPU of the scheduler to write a whole Node for an extender and to read it back; spent where the extender does not cache nodes.',
    source: assumption('JSON of some 10 kB each way at 200 to 500 MB/s'),
  }),
  extenderEncodingPerName: duration({
    default: nanoseconds(200),
    range: [nanoseconds(0), milliseconds(1)],
    help: 'The same for a node of which only the name is sent.',
    source: assumption('some 30 bytes of JSON each way, and a map of the nodes by name'),
  }),
});
