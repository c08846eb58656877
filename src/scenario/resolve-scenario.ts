/**
 * From a scenario's source to what runs: overrides set, $params replaced, the schema applied, names looked up, files read, units parsed.
 * All problems are collected and reported together. One source can be resolved many times: for each point of a sweep, each variant.
 */
import { combineErrors, PlimsollError } from '../errors/index.ts';
import { AcceptedFields, formatPath, isMap, type ValuePath } from '../manifests/index.ts';
import { TemplateRegistry } from '../manifests/template-registry.ts';
import { nanoseconds } from '../units/index.ts';
import { checkAddons, resolveAddons } from './addons.ts';
import { checkModel } from './check-model.ts';
import { checkNames } from './check-names.ts';
import { resolveCustomResources } from './custom-resources.ts';
import { resolveDescheduler } from './descheduler.ts';
import { resolveFlowControl } from './flow-control.ts';
import { resolveExponents } from './growth.ts';
import { errorsFromIssues } from './issues.ts';
import { resolveObjectives } from './objectives.ts';
import { type Operation, operationKinds } from './operations/index.ts';
import type { OperationContext } from './operations/operation-context.ts';
import { type Params, resolveParams, substituteParams } from './params.ts';
import { setByPath } from './paths.ts';
import { isFromOutside, type Override, type Provenance, place } from './provenance.ts';
import { resolveQueues } from './queues.ts';
import { resolveParameters } from './resolve-parameters.ts';
import type { ResolvedScenario, WrittenValue } from './resolved-scenario.ts';
import { readOrExplain, type ScenarioSource } from './scenario-source.ts';
import { resolveSchedulers } from './scheduler-selection.ts';
import type { SettingsContext } from './scheduler-settings-schema.ts';
import { scenarioSchema, type WrittenScenario } from './schema.ts';
import { checkWebhookNames, resolveWebhooks } from './webhooks.ts';
import { readWrittenValue } from './written-value.ts';

/** Replications of a scenario that says nothing. */
const DEFAULT_REPLICATIONS = 1;

/** What replaces values of the file. Later entries win; `values` win over `sets`. */
export interface ScenarioOverrides {
  /** --set PATH=VALUE: the value as text, read as YAML. */
  readonly sets?: readonly (readonly [path: string, value: string])[];
  /** PATH to value, of a sweep's point or a variant. */
  readonly values?: Readonly<Record<string, WrittenValue>>;
  /** --until, as text. */
  readonly until?: string;
  /** --replications. */
  readonly replications?: number;
}

/** What one resolution works with. */
interface Resolution extends Provenance {
  readonly source: ScenarioSource;
  readonly errors: PlimsollError[];
}

/** Resolves a scenario. Throws one PlimsollError with everything that is wrong. */
export function resolveScenario(source: ScenarioSource, overrides: ScenarioOverrides = {}): ResolvedScenario {
  const errors: PlimsollError[] = [];
  const tree = isMap(source.document.value) ? structuredClone(source.document.value) : source.document.value;
  const overridden = isMap(tree) ? applyOverrides(tree, overrides, errors) : [];
  const { value, params } = replaceParams(tree, source, errors);
  const context: Provenance = { document: source.document, value, overridden };
  const parsed = scenarioSchema.safeParse(value);
  if (!parsed.success) {
    // A value whose $param could not be replaced has been complained about already.
    const reported = new Set(errors.map((error) => error.details.path));
    errors.push(...errorsFromIssues(parsed.error.issues, context).filter((error) => !reported.has(error.details.path)));
  }
  if (errors.length > 0 || !parsed.success) throw combineErrors(inFileOrder(errors));
  const resolution: Resolution = { ...context, source, errors };
  const scenario = assemble(parsed.data, params, resolution);
  if (errors.length > 0) throw combineErrors(inFileOrder(errors));
  return scenario;
}

/** Errors in the order of the file; those without a position come first. */
function inFileOrder(errors: readonly PlimsollError[]): readonly PlimsollError[] {
  const line = (error: PlimsollError) => error.details.position?.line ?? 0;
  const column = (error: PlimsollError) => error.details.position?.column ?? 0;
  return [...errors].sort((a, b) => line(a) - line(b) || column(a) - column(b));
}

function applyOverrides(
  tree: Record<string, unknown>,
  overrides: ScenarioOverrides,
  errors: PlimsollError[],
): Override[] {
  const applied: Override[] = [];
  const apply = (path: string, value: unknown, label: string) => {
    const result = setByPath(tree, path, value);
    if ('message' in result) {
      errors.push(
        new PlimsollError('P103', {
          message: `${label}: ${result.message}`,
          path,
          expected: result.expected,
          nearest: result.nearest,
        }),
      );
    } else {
      applied.push({ path: result, origin: label });
    }
  };
  for (const [path, text] of overrides.sets ?? []) {
    const label = `--set ${path}=${text}`;
    apply(path, attempt(() => readWrittenValue(text, label), errors) ?? '', label);
  }
  if (overrides.until !== undefined) apply('spec.until', overrides.until, `--until ${overrides.until}`);
  if (overrides.replications !== undefined)
    apply('spec.replications', overrides.replications, `--replications ${overrides.replications}`);
  for (const [path, value] of Object.entries(overrides.values ?? {}))
    apply(path, value, `${path}=${JSON.stringify(value)}`);
  return applied;
}

/** The tree with all $params replaced below spec, and the params themselves. */
function replaceParams(
  tree: unknown,
  source: ScenarioSource,
  errors: PlimsollError[],
): { value: unknown; params: Params } {
  const spec = isMap(tree) ? tree.spec : undefined;
  if (!isMap(tree) || !isMap(spec)) return { value: tree, params: new Map() };
  const declared = isMap(spec.params) ? spec.params : {};
  checkParamNames(declared, source, errors);
  const params = resolveParams(declared, source.document, errors);
  const replaced = Object.fromEntries(
    Object.entries(spec).map(([key, value]) => [
      key,
      key === 'params' ? value : substituteParams(value, ['spec', key], params, source.document, errors),
    ]),
  );
  return { value: { ...tree, spec: replaced }, params };
}

function checkParamNames(
  declared: Readonly<Record<string, unknown>>,
  source: ScenarioSource,
  errors: PlimsollError[],
): void {
  for (const name of Object.keys(declared)) {
    if (/^[A-Za-z_]\w*$/.test(name)) continue;
    const path = ['spec', 'params', name];
    errors.push(
      new PlimsollError('P204', {
        message: `"${name}" cannot be the name of a param`,
        position: source.document.positionOf(path, 'key'),
        path: formatPath(path),
        expected: 'letters, digits and "_", not starting with a digit',
      }),
    );
  }
}

function assemble(written: WrittenScenario, params: Params, resolution: Resolution): ResolvedScenario {
  const { spec } = written;
  const { source, errors } = resolution;
  const accepted = new AcceptedFields();
  const templates = new TemplateRegistry();
  const readFile = (name: string, path: ValuePath) => readNamedFile(name, path, resolution);
  const placed = (path: ValuePath) => place(path, resolution);
  const profileNames = spec.profile === undefined ? [] : [spec.profile].flat();
  const operations = spec.operations.map((operation, index) =>
    resolveOperation(operation as Record<string, unknown>, {
      templates,
      accepted,
      errors,
      index,
      place: (path) => placed(operationPath(index, operation, path)),
      readFile: (name, path) => readFile(name, operationPath(index, operation, path)),
      attempt: (action) => attempt(action, errors),
    }),
  );
  const model = spec.model ?? 'controlPlane';
  const settingsContext: SettingsContext = {
    errors,
    refuse: (issues, path) => {
      const below = issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
      errors.push(...errorsFromIssues(below as typeof issues, resolution));
    },
    place: placed,
    readFile,
  };
  const schedulers = resolveSchedulers(spec.schedulers, {
    ...settingsContext,
    model,
    accepted,
    attempt: (action) => attempt(action, errors),
  });
  const schedulerNames = new Set(
    schedulers.flatMap((scheduler) => scheduler.configuration.profiles.map((profile) => profile.schedulerName)),
  );
  if (spec.warmUp !== undefined && spec.warmUp >= spec.until) {
    errors.push(
      new PlimsollError('P209', {
        ...placed(['spec', 'warmUp']),
        message: 'warmUp is not over before the run ends',
        expected: 'less than until',
        fix: 'shorten warmUp, or lengthen until',
      }),
    );
  }
  const addons = resolveAddons(spec.addons);
  const customResources = resolveCustomResources(spec.customResources, { errors, place: placed });
  const webhooks = resolveWebhooks(spec.webhooks, { errors, place: placed, readFile });
  const flowControl = resolveFlowControl(spec.flowControl, {
    errors,
    accepted,
    place: placed,
    readFile,
    attempt: (action) => attempt(action, errors),
  });
  checkWebhookNames(operations, webhooks, { errors, place: placed });
  checkModel(model, operations, schedulers, { errors, place: placed });
  checkAddons(model, addons, operations, { errors, place: placed });
  if (model === 'controlPlane')
    checkNames(operations, schedulerNames, customResources, templates.plain(), { errors, place: placed });
  return {
    name: written.metadata.name,
    question: source.question,
    file: source.file,
    model,
    profiles: profileNames,
    replications: spec.replications ?? DEFAULT_REPLICATIONS,
    until: spec.until,
    warmUp: spec.warmUp ?? nanoseconds(0),
    params: Object.fromEntries(params) as ResolvedScenario['params'],
    ...resolveParameters(profileNames, spec.parameters ?? {}, {
      errors,
      readFile,
      originOf: (path) => originOf(path, resolution),
    }),
    schedulers,
    queues: resolveQueues(spec.queues, model, { errors, place: placed }),
    descheduler: resolveDescheduler(spec.descheduler, settingsContext),
    addons,
    customResources,
    images: spec.images ?? {},
    webhooks,
    flowControl,
    operations,
    templates: templates.plain(),
    objectives: resolveObjectives(spec.objectives, { errors, place: placed }),
    experiment: {
      vary: (spec.experiment?.vary ?? {}) as Record<string, WrittenValue[]>,
      variants: (spec.experiment?.variants ?? {}) as Record<string, Record<string, WrittenValue>>,
      exponents: resolveExponents(
        spec.experiment?.exponents,
        (spec.experiment?.vary ?? {}) as Record<string, WrittenValue[]>,
        {
          errors,
          place: placed,
        },
      ),
    },
    acceptedWithoutEffect: accepted.list(),
  };
}

function attempt<T>(action: () => T, errors: PlimsollError[]): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof PlimsollError)) throw error;
    errors.push(...[error, ...error.others]);
    return undefined;
  }
}

function operationPath(index: number, operation: object, path: ValuePath): ValuePath {
  return ['spec', 'operations', index, Object.keys(operation)[0] as string, ...path];
}

function resolveOperation(operation: Readonly<Record<string, unknown>>, context: OperationContext): Operation {
  const name = Object.keys(operation)[0] as keyof typeof operationKinds;
  // The schema has checked the value by the schema of the same kind.
  const resolve = operationKinds[name].resolve as (written: unknown, context: OperationContext) => Operation;
  return resolve(operation[name], context);
}

function originOf(path: string, { overridden }: Resolution): string {
  const override = overridden.findLast((candidate) => candidate.path[1] === 'parameters' && candidate.path[2] === path);
  if (override === undefined) return 'scenario';
  return override.origin.startsWith('--set') ? '--set' : 'variant';
}

function readNamedFile(
  name: string,
  path: ValuePath,
  resolution: Resolution,
): { file: string; text: string } | undefined {
  const { source, errors } = resolution;
  const beside = source.files.resolve(source.file, name);
  // What a user types on the command line is meant from where they type it, unless it is found beside the scenario.
  const candidates = isFromOutside(path, resolution) && beside !== name ? [beside, name] : [beside];
  const problems: PlimsollError[] = [];
  for (const file of candidates) {
    const text = attempt(() => readOrExplain(source.files, file, place(path, resolution)), problems);
    if (text !== undefined) return { file, text };
  }
  // What is missing beside the scenario is what the contract promises to look for.
  errors.push(problems[0] as PlimsollError);
  return undefined;
}
