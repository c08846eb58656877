/** What of a scenario is simulated. The rest is for whoever judges and presents: a replication never sees it, and results outlive changes of it. */
import type { ResolvedScenario } from '../scenario/resolved-scenario.ts';

/** The scenario without its names, objectives and experiment, and without what only says where its values come from. */
export function simulatedPart(scenario: ResolvedScenario): ResolvedScenario {
  return {
    ...scenario,
    name: '',
    question: '',
    file: '',
    profiles: [],
    params: {},
    overrides: [],
    replications: 1,
    objectives: [],
    experiment: { vary: {}, variants: {}, exponents: [] },
    acceptedWithoutEffect: [],
  };
}
