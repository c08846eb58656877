/** What a scenario simulates. */

/** A whole control plane; or schedulers, nodes and jobs alone, for questions about schedulers. */
export const scenarioModels = ['controlPlane', 'schedulingCell'] as const;

/** One of them. */
export type ScenarioModel = (typeof scenarioModels)[number];
