/** Gates: simulated results and the simulator's speed beside what they were. */
export * from './check.ts';
export * from './gate-results.ts';
export type { GateMethod, GateOutcome } from './judge-values.ts';
export * from './speed-baseline.ts';
export * from './tolerances.ts';
