/** client-go. */
export * from './api-client.ts';
export * from './client-go.parameters.ts';
export * from './client-go.ts';
export type { ClientPath } from './client-paths.ts';
export * from './event-recorder.ts';
export * from './gather.ts';
export * from './informer-index.ts';
export * from './leader-election.ts';
export * from './reflector.ts';
export * from './shared-informer.ts';
export * from './work-queue.ts';
