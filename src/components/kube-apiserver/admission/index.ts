/** Admission: what is asked before a write is stored. */
export { AdmissionChain } from './admission-chain.ts';
export * from './webhook-configuration.ts';
export { WebhookServer } from './webhook-server.ts';
