/** spec.addons: the add-ons of a cluster, each with its settings. What exists and what it accepts is the registry's. */
import type { z } from 'zod';
import { type AddonName, type AddonSelection, addonRegistry } from '../components/addons/index.ts';
import type { ParameterSet } from '../engine/index.ts';
import { PlimsollError, type SourcePosition } from '../errors/index.ts';
import type { ValuePath } from '../manifests/index.ts';
import type { ScenarioModel } from './model.ts';
import { type Operation, type OperationKind, operationKinds } from './operations/index.ts';
import { type ParsedParameterValue, parameterSchema } from './parameter-schema.ts';
import type { PlainValue } from './resolved-scenario.ts';
import { strictMap } from './schema-parts.ts';

/** The map of add-ons. */
export const addonsSchema = strictMap(
  Object.fromEntries(
    Object.entries(addonRegistry).map(([name, { help, settings }]) => [
      name,
      strictMap(settingsShape(settings)).optional().meta({ description: help }),
    ]),
  ),
);

function settingsShape(settings: ParameterSet): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, definition]) => [
      name,
      parameterSchema(definition).optional().meta({ description: definition.help }),
    ]),
  );
}

/** The add-ons that a scenario switches on, in the order of the registry: the order in which they are written means nothing. */
export function resolveAddons(written: z.output<typeof addonsSchema> | undefined): readonly AddonSelection[] {
  const given = (written ?? {}) as Partial<
    Record<AddonName, Readonly<Record<string, ParsedParameterValue | undefined>>>
  >;
  return (Object.keys(addonRegistry) as AddonName[]).flatMap((name) => {
    const settings = given[name];
    if (settings === undefined) return [];
    const present = Object.entries(settings).filter(([, value]) => value !== undefined);
    return [{ name, settings: Object.fromEntries(present) as Record<string, PlainValue> }];
  });
}

/** Checks that a world has room for add-ons, and that operations find those that they need. */
export function checkAddons(
  model: ScenarioModel,
  addons: readonly AddonSelection[],
  operations: readonly Operation[],
  context: {
    readonly errors: PlimsollError[];
    place(path: ValuePath): { position?: SourcePosition; path: string };
  },
): void {
  const refuse = (path: ValuePath, message: string, expected: string, fix: string) =>
    context.errors.push(new PlimsollError('P209', { ...context.place(path), message, expected, fix }));
  if (model !== 'controlPlane' && addons.length > 0)
    refuse(['spec', 'addons'], `there are no add-ons in model ${model}`, 'model: controlPlane', 'remove addons');
  for (const [index, { kind }] of operations.entries()) {
    const { addon }: Pick<OperationKind, 'addon'> = operationKinds[kind];
    if (addon === undefined || addons.some(({ name }) => name === addon)) continue;
    const fix = `add ${addon}: {} below spec.addons`;
    refuse(['spec', 'operations', index, kind], `${kind} needs the add-on ${addon}`, `${addon} in spec.addons`, fix);
  }
}
