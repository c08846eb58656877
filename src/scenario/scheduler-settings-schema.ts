/** Settings of schedulers: which exist, what they accept, and what was written for one scheduler as plain values. */
import { z } from 'zod';
import { algorithmRegistry } from '../components/kube-scheduler/index.ts';
import { architectureRegistry, placementSettings, sharedSettings } from '../components/scheduling-cell/index.ts';
import type { ParameterDefinition, ParameterSet } from '../engine/index.ts';
import type { PlimsollError, SourcePosition } from '../errors/index.ts';
import type { ValuePath } from '../manifests/index.ts';
import { resolveDistribution, type WrittenDistribution } from './distribution-form.ts';
import { type ParsedParameterValue, parameterSchema } from './parameter-schema.ts';
import type { PlainValue } from './resolved-scenario.ts';
import { jsonSchemaOf } from './schema-parts.ts';
import { unknownNameError } from './unknown-name.ts';

/** What resolving settings takes. */
export interface SettingsContext {
  readonly errors: PlimsollError[];
  place(path: ValuePath): { position?: SourcePosition; path: string };
  readFile(written: string, path: ValuePath): { readonly file: string; readonly text: string } | undefined;
  /** Errors of what a schema found below a path. */
  refuse(issues: readonly z.core.$ZodIssue[], path: ValuePath): void;
}

/** Settings as they are written: any map. Which keys it may have depends on whose they are; editors are told of all of these sets. */
export function settingsSchemaOf(
  sets: readonly ParameterSet[],
  description: string,
): z.ZodType<Record<string, unknown>> {
  return z.record(z.string(), z.unknown()).meta({ description, properties: settingProperties(sets) });
}

/** Settings of a scheduler: what its keys may be depends on its algorithm. */
export const settingsSchema = settingsSchemaOf(
  [
    ...Object.values(algorithmRegistry).map(({ settings }) => settings),
    ...Object.values(architectureRegistry).map(({ settings }) => settings),
    sharedSettings,
    placementSettings,
  ],
  'settings of the algorithm, which `plimsoll list algorithms` names',
);

function settingProperties(sets: readonly ParameterSet[]): Record<string, object> {
  const forms = new Map<string, Map<string, object>>();
  for (const [name, definition] of sets.flatMap((set) => Object.entries(set))) {
    const form = { ...jsonSchemaOf(parameterSchema(definition)), description: definition.help };
    const known = forms.get(name) ?? new Map<string, object>();
    forms.set(name, known.set(JSON.stringify(form), form));
  }
  const names = [...forms.keys()].sort();
  return Object.fromEntries(
    names.map((name) => {
      const alternatives = [...(forms.get(name) as Map<string, object>).values()];
      return [name, alternatives.length === 1 ? (alternatives[0] as object) : { anyOf: alternatives }];
    }),
  );
}

/** What was written as plain values; what is wrong is reported. `owner` is whose settings they are, in words. */
export function resolveSettings(
  written: Readonly<Record<string, unknown>>,
  known: ParameterSet,
  owner: string,
  path: ValuePath,
  context: SettingsContext,
): Readonly<Record<string, PlainValue>> {
  const values: Record<string, PlainValue> = {};
  for (const [name, value] of Object.entries(written)) {
    const definition = known[name];
    if (definition === undefined) {
      const message = `"${name}" is not a setting of ${owner}`;
      const place = context.place([...path, name]);
      context.errors.push(unknownNameError(name, Object.keys(known), { message, place }));
      continue;
    }
    const plain = plainSetting(definition, value, [...path, name], context);
    if (plain !== undefined) values[name] = plain;
  }
  return values;
}

function plainSetting(
  definition: ParameterDefinition,
  value: unknown,
  path: ValuePath,
  context: SettingsContext,
): PlainValue | undefined {
  const parsed = parameterSchema(definition).safeParse(value);
  if (!parsed.success) {
    context.refuse(parsed.error.issues, path);
    return undefined;
  }
  const result: ParsedParameterValue = parsed.data;
  return typeof result === 'object' ? resolveDistribution(result as WrittenDistribution, path, context) : result;
}
