/** Comparisons of variants, paired by seed. */
export * from './comparison.ts';
export * from './distributions.ts';
export * from './holm.ts';
export * from './knobs.ts';
export * from './measures.ts';
export * from './paired-difference.ts';
