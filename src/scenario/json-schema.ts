/** The published JSON Schema of scenarios, generated from the zod schema: for editors' completion and checks. */
import { z } from 'zod';
import { metricNames, statisticNames } from '../metrics/index.ts';
import { scenarioSchema } from './schema.ts';

/** Where the schema is published beside the scenarios. */
const SCHEMA_ID = 'https://plimsoll.dev/schema/scenario.schema.json';

/** Text that stands for a value until its $params are replaced, and where the schema defines it. */
const PARAM_DEFINITION = { type: 'string', pattern: '\\$', description: 'a value with $params in it' } as const;
const PARAM_REFERENCE = { $ref: '#/$defs/param' } as const;

/** A node of a JSON Schema. */
type SchemaNode = Record<string, unknown>;

/** The JSON Schema of scenario files. Every value below spec may also be a $param. */
export function scenarioJsonSchema(): object {
  const schema = withNamedDefinitions(
    z.toJSONSchema(scenarioSchema, { io: 'input', unrepresentable: 'any', reused: 'ref' }) as SchemaNode,
  );
  const spec = child(schema, 'spec');
  nameMetrics(spec);
  for (const [name, property] of Object.entries(properties(spec))) {
    // A map or list that holds named things is written out; what is in it may be a $param.
    properties(spec)[name] = WRITTEN_OUT.has(name) ? allowParamsInside(property) : allowParams(property);
  }
  const definitions = Object.entries((schema.$defs ?? {}) as Record<string, SchemaNode>);
  return {
    $id: SCHEMA_ID,
    title: 'Plimsoll scenario',
    description: 'One question to a simulated Kubernetes control plane.',
    ...schema,
    $defs: {
      ...Object.fromEntries(definitions.map(([name, definition]) => [name, allowParamsInside(definition)])),
      param: PARAM_DEFINITION,
    },
  };
}

/** Keys of spec that are never a $param as a whole. */
const WRITTEN_OUT: ReadonlySet<string> = new Set(['params', 'parameters', 'operations', 'schedulers', 'experiment']);

/**
 * Gives the definitions that zod numbers the name of the first key that uses them, so that a new parameter does not rename all others, and
 * leaves out those of what our forms transform: zod defines that as "anything", which says nothing.
 */
function withNamedDefinitions(schema: SchemaNode): SchemaNode {
  const { $defs, ...root } = schema;
  const numbered = ($defs ?? {}) as Record<string, SchemaNode>;
  const names = new Map<string, string>();
  const named: Record<string, SchemaNode> = {};

  const rename = (node: unknown, key: string): unknown => {
    if (Array.isArray(node)) return node.map((item) => rename(item, key));
    if (typeof node !== 'object' || node === null) return node;
    const result: SchemaNode = {};
    for (const [name, value] of Object.entries(node)) {
      if (name !== '$ref') {
        // "properties" and the like are words of JSON Schema; what is below them is named by the scenario.
        result[name] = rename(value, SCHEMA_WORDS.has(name) ? key : name);
      } else if (!isEmpty(numbered[definitionOf(value)])) {
        result.$ref = `#/$defs/${nameOf(definitionOf(value), key)}`;
      }
    }
    return result;
  };
  const nameOf = (definition: string, key: string): string => {
    const known = names.get(definition);
    if (known !== undefined) return known;
    const taken = new Set(names.values());
    let name = key;
    for (let i = 2; taken.has(name); i++) name = `${key}${i}`;
    names.set(definition, name);
    named[name] = rename(numbered[definition], key) as SchemaNode;
    return name;
  };
  const renamed = rename(root, 'scenario') as SchemaNode;
  return {
    ...renamed,
    $defs: Object.fromEntries(Object.entries(named).sort(([one], [other]) => (one < other ? -1 : 1))),
  };
}

/** Words of JSON Schema that stand between a key of a scenario and what the schema says about it. */
const SCHEMA_WORDS: ReadonlySet<string> = new Set([
  'properties',
  'items',
  'additionalProperties',
  'propertyNames',
  'anyOf',
  'oneOf',
]);

function definitionOf(reference: unknown): string {
  return String(reference).slice('#/$defs/'.length);
}

function isEmpty(node: SchemaNode | undefined): boolean {
  return node === undefined || Object.keys(node).length === 0;
}

function properties(node: SchemaNode): Record<string, SchemaNode> {
  return (node.properties ?? {}) as Record<string, SchemaNode>;
}

function child(node: SchemaNode, name: string): SchemaNode {
  return properties(node)[name] as SchemaNode;
}

/** Metrics and statistics are looked up after parsing, so that their errors can be better; editors complete them by name. */
function nameMetrics(spec: SchemaNode): void {
  const forms = child(spec, 'objectives').anyOf as SchemaNode[];
  const list = forms.find((form) => form.type === 'array') as SchemaNode;
  const objective = properties(list.items as SchemaNode);
  objective.metric = { ...objective.metric, enum: [...metricNames] };
  objective.statistic = { ...objective.statistic, enum: [...statisticNames] };
}

/** The node, or a $param in its place; the same for everything below it. */
function allowParams(node: SchemaNode): SchemaNode {
  const inside = allowParamsInside(node);
  const isFree = Object.keys(inside).every((key) => key === 'description' || key === 'default');
  return isFree ? inside : { anyOf: [inside, PARAM_REFERENCE] };
}

function allowParamsInside(node: SchemaNode): SchemaNode {
  const result: SchemaNode = { ...node };
  if (node.properties !== undefined) {
    result.properties = Object.fromEntries(
      Object.entries(properties(node)).map(([name, value]) => [name, allowParams(value)]),
    );
  }
  for (const key of ['items', 'additionalProperties'] as const) {
    if (typeof node[key] === 'object' && node[key] !== null) result[key] = allowParams(node[key] as SchemaNode);
  }
  for (const key of ['anyOf', 'oneOf'] as const) {
    if (Array.isArray(node[key])) result[key] = (node[key] as SchemaNode[]).map(allowParamsInside);
  }
  return result;
}
