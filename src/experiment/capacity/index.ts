/** Capacity: the limit of one value within which objectives hold, and what gives way there. */

export * from './apply-lift.ts';
export * from './capacity.ts';
export * from './gives-way.ts';
export * from './lifts.ts';
export * from './monotonicity.ts';
export * from './search.ts';
