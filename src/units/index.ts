/** Units as types: what every other room counts in. */
export * from './parse.ts';
export * from './quantities.ts';
export * from './time.ts';
