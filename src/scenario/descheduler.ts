/** spec.descheduler: what is evicted now and then so that schedulers may place it better: settings of the descheduler, and its plugins in their order. */
import { z } from 'zod';
import {
  type DeschedulerPluginName,
  type DeschedulerPolicy,
  deschedulerPlugins,
  deschedulerSettings,
} from '../components/descheduler/index.ts';
import { valuesOf } from '../engine/index.ts';
import { resolveSettings, type SettingsContext, settingsSchemaOf } from './scheduler-settings-schema.ts';
import { strictMap } from './schema-parts.ts';

const pluginNames = Object.keys(deschedulerPlugins) as DeschedulerPluginName[];

/** The schema. */
export const deschedulerSchema = strictMap({
  settings: settingsSchemaOf([deschedulerSettings], 'settings of the descheduler itself').optional(),
  plugins: z.array(
    strictMap({
      name: z.enum(pluginNames),
      settings: settingsSchemaOf(
        Object.values(deschedulerPlugins).map(({ settings }) => settings),
        'settings of the plugin, which `plimsoll list descheduler-plugins` names',
      ).optional(),
    }),
  ),
});

/** The policy of a scenario; undefined = nothing is ever evicted. */
export function resolveDescheduler(
  written: z.output<typeof deschedulerSchema> | undefined,
  context: SettingsContext,
): DeschedulerPolicy | undefined {
  if (written === undefined) return undefined;
  const path = ['spec', 'descheduler'];
  const own = resolveSettings(
    written.settings ?? {},
    deschedulerSettings,
    'a descheduler',
    [...path, 'settings'],
    context,
  );
  return {
    settings: valuesOf(deschedulerSettings, own),
    plugins: written.plugins.map(({ name, settings }, index) => {
      const known = deschedulerPlugins[name].settings;
      return {
        name,
        settings: resolveSettings(settings ?? {}, known, name, [...path, 'plugins', index, 'settings'], context),
      };
    }),
  };
}
