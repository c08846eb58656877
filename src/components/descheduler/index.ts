/** The rules of a descheduler, for either world. */

export type { DeschedulerPluginDefinition } from './descheduler-plugin.ts';
export { type DeschedulerSettings, deschedulerSettings } from './descheduler-settings.ts';
export { deschedulingPass, type Eviction } from './descheduling-pass.ts';
export type { DeschedulingView, ViewNode, ViewPod } from './descheduling-view.ts';
export { type DeschedulerPluginName, deschedulerPlugins } from './plugins/index.ts';
export type { DeschedulerPolicy } from './policy.ts';
