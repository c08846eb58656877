/** Values of all parameters: default < profiles from left to right < the scenario < --set, with who changed what. */
import { parameterRegistry } from '../components/parameters.ts';
import type { ParameterDefinition, ParameterSet } from '../engine/index.ts';
import type { PlimsollError } from '../errors/index.ts';
import type { ValuePath } from '../manifests/index.ts';
import { resolveDistribution, type WrittenDistribution } from './distribution-form.ts';
import { type ParsedParameterValue, parameterPath, parameterSchema, parametersByPath } from './parameter-schema.ts';
import { profiles } from './profiles/index.ts';
import type { ParameterOverride, PlainParameters, PlainValue } from './resolved-scenario.ts';

/** What resolving parameters takes. */
interface ParameterContext {
  readonly errors: PlimsollError[];
  readFile(written: string, path: ValuePath): { readonly file: string; readonly text: string } | undefined;
  /** Who set a parameter of the scenario's tree: "scenario", "--set", "variant". */
  originOf(path: string): string;
}

/** A value and who gave it. */
interface Given {
  readonly value: PlainValue;
  readonly origin: string;
}

/** All parameters, and those that differ from their default. */
export function resolveParameters(
  profileNames: readonly string[],
  written: Readonly<Record<string, ParsedParameterValue | undefined>>,
  context: ParameterContext,
): { parameters: PlainParameters; overrides: readonly ParameterOverride[] } {
  const given = new Map<string, Given>();
  for (const name of profileNames) {
    for (const [path, value] of Object.entries(profileValues(name)))
      given.set(path, { value, origin: `profile ${name}` });
  }
  for (const [path, value] of Object.entries(written)) {
    if (value === undefined) continue;
    const plain = toPlain(value, ['spec', 'parameters', path], context);
    if (plain !== undefined) given.set(path, { value: plain, origin: context.originOf(path) });
  }
  return { parameters: allParameters(given), overrides: overridesOf(given) };
}

function allParameters(given: ReadonlyMap<string, Given>): PlainParameters {
  return Object.fromEntries(
    Object.entries<ParameterSet>(parameterRegistry).map(([component, set]) => [
      component,
      Object.fromEntries(
        Object.entries(set).map(([name, definition]) => [
          name,
          given.get(parameterPath(component, name))?.value ?? definition.default,
        ]),
      ),
    ]),
  );
}

function overridesOf(given: ReadonlyMap<string, Given>): readonly ParameterOverride[] {
  return [...given]
    .map(([path, { value, origin }]) => ({
      path,
      value,
      default: (parametersByPath.get(path) as { definition: ParameterDefinition }).definition.default,
      origin,
    }))
    .filter((override) => JSON.stringify(override.value) !== JSON.stringify(override.default))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function toPlain(value: ParsedParameterValue, path: ValuePath, context: ParameterContext): PlainValue | undefined {
  return typeof value === 'object' ? resolveDistribution(value as WrittenDistribution, path, context) : value;
}

/** Values of a profile by parameter path. Profiles are ours: a value that its parameter refuses is a bug, found by a test. */
export function profileValues(name: string): Readonly<Record<string, PlainValue>> {
  const profile = profiles[name];
  if (profile === undefined) throw new RangeError(`there is no profile ${name}`);
  return Object.fromEntries(
    Object.entries(profile.values).map(([path, written]) => {
      const parameter = parametersByPath.get(path);
      if (parameter === undefined) throw new RangeError(`profile ${name} sets ${path}, which does not exist`);
      return [path, parameterSchema(parameter.definition).parse(written) as PlainValue];
    }),
  );
}
