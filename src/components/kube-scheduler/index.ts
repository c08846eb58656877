/** kube-scheduler. */
export * from './algorithms/index.ts';
export * from './configuration.ts';
export * from './default-configuration.ts';
export { type ExplainedStep, PodExplanation } from './explanation.ts';
export type { ExtenderConfiguration } from './extenders/extender-configuration.ts';
export { type ExtensionPoint, extensionPoints } from './framework.ts';
export * from './kube-scheduler.parameters.ts';
export * from './kube-scheduler.ts';
export { findPlugin, type PluginDefinition, type PluginName, pluginNames, pluginRegistry } from './plugins/index.ts';
export { processName } from './scheduler-identity.ts';
export { type CountedRequest, type TypicalPod, typicalPodsOf } from './typical-pods.ts';
