/** Sensitivity: which parameters a measure depends on. */
export * from './factors.ts';
export * from './measured.ts';
export * from './morris.ts';
export * from './sensitivity.ts';
export * from './sobol-indices.ts';
