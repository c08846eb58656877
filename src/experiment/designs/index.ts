/** Designs of sweeps. */
export * from './designs.ts';
export * from './sobol-sequence.ts';
