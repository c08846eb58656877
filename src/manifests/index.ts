/** Kubernetes YAML and KubeSchedulerConfiguration to typed intent. */
export * from './accepted-fields.ts';
export * from './read-manifests.ts';
export * from './template-registry.ts';
export * from './value-path.ts';
export * from './yaml-document.ts';
export * from './object-bytes.ts';
export * from './resources.ts';
