/** Coded errors for people. */
export * from './catalogue.ts';
export * from './nearest-name.ts';
export * from './plimsoll-error.ts';
