/** What a descheduler does: its settings, and its plugins in the order in which they run. */
import type { PlainParameterValue } from '../../engine/index.ts';
import type { DeschedulerSettings } from './descheduler-settings.ts';
import type { DeschedulerPluginName } from './plugins/index.ts';

/** The policy. */
export interface DeschedulerPolicy {
  readonly settings: DeschedulerSettings;
  readonly plugins: readonly {
    readonly name: DeschedulerPluginName;
    /** Settings of the plugin, those that are given. */
    readonly settings: Readonly<Record<string, PlainParameterValue>>;
  }[];
}
