/** spec.flowControl: levels and schemas of priority and fairness beside those that every cluster has, or in their place. */
import { z } from 'zod';
import { bootstrapConfiguration, type FlowControlConfiguration } from '../components/kube-apiserver/index.ts';
import type { PlimsollError, SourcePosition } from '../errors/index.ts';
import { type AcceptedFields, readFlowControlManifests, type ValuePath } from '../manifests/index.ts';
import { severalForms } from './schema-parts.ts';
import { unknownNameError } from './unknown-name.ts';
import { textSchema } from './value-forms.ts';

const fileSchema = textSchema('a file with FlowSchemas and PriorityLevelConfigurations, relative to the scenario');
const filesSchema = z.array(fileSchema).min(1);

/** One file, or several. */
export const flowControlSchema = severalForms([fileSchema, filesSchema], (written) =>
  Array.isArray(written) ? filesSchema : fileSchema,
);

/** What resolving takes. */
interface FlowControlContext {
  readonly errors: PlimsollError[];
  readonly accepted: AcceptedFields;
  place(path: ValuePath): { position?: SourcePosition; path: string };
  readFile(written: string, path: ValuePath): { readonly file: string; readonly text: string } | undefined;
  attempt<T>(action: () => T): T | undefined;
}

/** The levels and schemas of a scenario: the bootstrap set, changed and added to by name in the order of the files. */
export function resolveFlowControl(
  written: z.output<typeof flowControlSchema> | undefined,
  context: FlowControlContext,
): FlowControlConfiguration {
  const path = ['spec', 'flowControl'];
  const isList = Array.isArray(written);
  let { levels, schemas } = bootstrapConfiguration;
  for (const [index, name] of [written ?? []].flat().entries()) {
    const source = context.readFile(name, isList ? [...path, index] : path);
    if (source === undefined) continue;
    const { accepted } = context;
    const read = context.attempt(() => readFlowControlManifests(source.file, source.text, accepted));
    levels = replaced(levels, read?.levels ?? []);
    schemas = replaced(schemas, read?.schemas ?? []);
  }
  const names = levels.map((level) => level.name);
  for (const { name, priorityLevel } of schemas) {
    if (names.includes(priorityLevel)) continue;
    const message = `FlowSchema ${name} is of the level ${priorityLevel}, which does not exist`;
    context.errors.push(unknownNameError(priorityLevel, names, { message, place: context.place(path) }));
  }
  return { levels, schemas };
}

/** What is there, with what has the same name in its place, and the rest behind it. */
function replaced<T extends { readonly name: string }>(known: readonly T[], added: readonly T[]): readonly T[] {
  const byName = new Map([...known, ...added].map((one) => [one.name, one]));
  return [...byName.values()];
}
