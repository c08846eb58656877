/** Settings that every architecture has: how long decisions take, and who chooses nodes. */
import { assumption, choice, defineParameters, distribution, documentation } from '../../../engine/index.ts';
import { milliseconds } from '../../../units/index.ts';
import { type AlgorithmName, algorithmRegistry } from '../../kube-scheduler/algorithms/index.ts';

/** Decision times of the Omega study. */
const OMEGA = 'Schwarzkopf et al., Omega, EuroSys 2013, section 4';

/** What every architecture can be set to. */
export const sharedSettings = defineParameters({
  decisionTimePerJob: distribution({
    help: 'Time that a scheduler thinks about a job, whatever its size.',
    default: { distribution: 'constant', value: milliseconds(100) },
    source: documentation(OMEGA, 't_job of batch jobs'),
  }),
  decisionTimePerTask: distribution({
    help: 'Time that a scheduler thinks about each task of a job beside that.',
    default: { distribution: 'constant', value: milliseconds(5) },
    source: documentation(OMEGA, 't_task'),
  }),
});

/** What architectures with a node chooser inside can be set to beside that. */
export const placementSettings = defineParameters({
  placement: choice<AlgorithmName>({
    help: 'Algorithm that chooses the node of each task; its own settings are given beside this one.',
    default: 'first-fit',
    choices: Object.keys(algorithmRegistry) as AlgorithmName[],
    source: assumption('the simplest; architectures differ in time and conflicts, not in scores'),
  }),
});
