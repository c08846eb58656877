/** Metrics: the catalogue, the recorder, and the result that it hands over. */
export * from './catalogue.ts';
export * from './labels.ts';
export * from './metric.ts';
export * from './recorder.ts';
export * from './result.ts';
export * from './series.ts';
export * from './server-statistics.ts';
export * from './statistics.ts';
export * from './timeline.ts';
export * from './wait-ledger.ts';
