/** Kubernetes YAML and KubeSchedulerConfiguration to typed intent. */
export * from './accepted-fields.ts';
export * from './csv-rows.ts';
export * from './flow-control-configuration.ts';
export * from './kube-scheduler-configuration.ts';
export * from './object-bytes.ts';
export * from './read-manifests.ts';
export * from './resources.ts';
export * from './scheduler-plugin-arguments.ts';
export * from './scheduler-plugins.ts';
export * from './template-registry.ts';
export * from './value-path.ts';
export * from './yaml-document.ts';
