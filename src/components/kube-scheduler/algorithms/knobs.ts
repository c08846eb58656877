/** Knobs that node choosers share. Each decides results, and published comparisons seldom name them: so they are settings, and are reported. */
import { choice, count, defineParameters, documentation, sourceCode } from '../../../engine/index.ts';

/** The study whose choosers and defaults these are. */
export const FGD_STUDY =
  'Weng et al., Beware of Fragmentation (FGD), USENIX ATC 2023; hkust-adsl/kubernetes-scheduler-simulator@8f3d6417';

/** Share of the nodes that is looked at. */
export const samplingKnobs = defineParameters({
  nodeSampling: count({
    help: 'Feasible nodes that are enough, as a share of all nodes; 100 looks at all, 0 takes the adaptive share of kube-scheduler.',
    unit: '%',
    default: 100,
    range: [0, 100],
    source: documentation(FGD_STUDY, 'percentageOfNodesToScore: 100'),
  }),
});

/** How nodes of the best score are told apart. */
export const tieBreakKnob = defineParameters({
  tieBreak: choice({
    help: 'Which of several best nodes is taken: a random one, the first that was looked at, the first of a fixed order, or the one that would be left with least.',
    default: 'random',
    choices: ['random', 'first', 'rank', 'tightest'],
    source: sourceCode('K:pkg/scheduler/schedule_one.go (selectHost)', 'the FGD study has rank: a fixed random order'),
  }),
});

/** How scores are rounded. */
export const quantiseKnob = defineParameters({
  quantise: choice({
    help: 'Whether scores are cut to whole numbers from 0 to 100, as in the scheduling framework, which makes ties, or left as they are.',
    default: 'integer',
    choices: ['integer', 'none'],
    source: sourceCode('K:staging kube-scheduler/framework/interface.go (Score returns int64)'),
  }),
});

/** Which GPUs of the chosen node a pod gets. */
export const gpuSelectionKnob = defineParameters({
  gpuSelection: choice({
    help: 'Which GPU of the chosen node a pod shares: the fullest that fits, the emptiest, the first or a random one. Whole GPUs are the first that are idle.',
    default: 'tightest',
    choices: ['tightest', 'loosest', 'first', 'random'],
    source: documentation(FGD_STUDY, 'least free that still fits'),
  }),
});

/** All of them: for choosers that rate nodes. */
export const scoringKnobs = { ...tieBreakKnob, ...quantiseKnob, ...samplingKnobs, ...gpuSelectionKnob } as const;
