/** Names that refer to something else in the scenario: that something must exist. */
import { type CustomResource, type Intent, MAXIMUM_FINALIZERS, resourceNames } from '../cluster/index.ts';
import { PlimsollError, type SourcePosition } from '../errors/index.ts';
import type { TemplateEntry, ValuePath } from '../manifests/index.ts';
import { plainResources } from './operations/create-objects.ts';
import type { DeletableKind, Operation } from './operations/index.ts';
import { unknownNameError } from './unknown-name.ts';

/** Where problems go, and how they are placed. */
interface NameContext {
  readonly errors: PlimsollError[];
  place(path: ValuePath): { position?: SourcePosition; path: string };
}

/** What the operations of a scenario create, by the names under which others may refer to it. */
interface CreatedNames {
  readonly deployments: Set<string>;
  readonly pods: Set<string>;
  readonly services: Set<string>;
  readonly churns: Set<string>;
  readonly loads: Set<string>;
  /** Of all kinds. */
  readonly objects: Set<string>;
}

/** Checks every reference of the operations. */
export function checkNames(
  operations: readonly Operation[],
  schedulerNames: ReadonlySet<string>,
  customResources: readonly CustomResource[],
  templates: readonly TemplateEntry[],
  context: NameContext,
): void {
  const created = namesOf(operations);
  const resources = [...resourceNames, ...customResources.map(({ resource }) => resource)];
  const plain = [...plainResources, ...customResources.map(({ resource }) => resource)];
  for (const [index, operation] of operations.entries()) {
    const at = (...path: ValuePath) => ['spec', 'operations', index, operation.kind, ...path];
    switch (operation.kind) {
      case 'barrier':
        if (operation.of !== undefined) {
          check(operation.of.name, created.pods, at('of'), context);
        }
        break;
      case 'scale':
      case 'rollout':
        check(operation.deployments.name, created.deployments, at('deployments'), context);
        break;
      case 'delete':
        check(operation.selection.name, deletable(operation.what, created), at(operation.what), context);
        break;
      case 'stop':
        if (operation.churn !== undefined) check(operation.churn, created.churns, at('churn'), context);
        if (operation.load !== undefined) check(operation.load, created.loads, at('load'), context);
        break;
      case 'createObjects':
        checkResource(operation.resource, plain, at('resource'), context);
        break;
      case 'removeFinalizers':
        checkResource(operation.resource, resources, at('resource'), context);
        check(operation.selection.name, created.objects, at('objects'), context);
        break;
      case 'removeSchedulingGates':
        check(operation.selection.name, deletable('pods', created), at('pods'), context);
        break;
      case 'callApi':
        checkResource(operation.resource, resources, at('resource'), context);
        check(operation.objects.name, created.objects, at('objects'), context);
        break;
      case 'queryDns':
      case 'connect':
        check(operation.services.name, created.services, at('services'), context);
        break;
      case 'openWatches':
        checkResource(operation.resource, resources, at('resource'), context);
        if (operation.selects.part === 'object')
          check(operation.selects.objects.name, created.objects, at('objects'), context);
        break;
    }
  }
  checkSchedulers(templates, schedulerNames, operations, context);
  checkFinalizers(templates, operations, context);
}

/** Names of a kind; ConfigMaps and Secrets are not told apart from other objects. */
function deletable(what: DeletableKind, created: CreatedNames): ReadonlySet<string> {
  return what === 'configmaps' || what === 'secrets' ? created.objects : created[what];
}

function namesOf(operations: readonly Operation[]): CreatedNames {
  const names: CreatedNames = {
    deployments: new Set(),
    pods: new Set(),
    services: new Set(),
    churns: new Set(),
    loads: new Set(),
    objects: new Set(),
  };
  for (const operation of operations) {
    if (operation.kind === 'createDeployment') names.deployments.add(operation.name);
    if (operation.kind === 'createPods') names.pods.add(operation.name);
    if (operation.kind === 'createService') names.services.add(operation.name);
    if (operation.kind === 'createObjects') names.objects.add(operation.name);
    if (operation.kind === 'createNodes') names.objects.add(operation.namePrefix);
    if (operation.kind === 'openWatches' || operation.kind === 'queryDns' || operation.kind === 'connect')
      names.loads.add(operation.name);
    if (operation.kind === 'callApi') {
      names.loads.add(operation.name);
      if (operation.verb === 'create') names.objects.add(operation.name);
    }
    if (operation.kind === 'churn') {
      names.churns.add(operation.name);
      const { what } = operation.object;
      if (what === 'nodes') names.objects.add(operation.name);
      else names[what].add(operation.name);
    }
    if ('intents' in operation) for (const intent of operation.intents) addIntent(names, intent);
  }
  // Pods of a Deployment are found under its name.
  for (const name of names.deployments) names.pods.add(name);
  for (const set of [names.deployments, names.pods, names.services]) for (const name of set) names.objects.add(name);
  return names;
}

function addIntent(names: CreatedNames, intent: Intent): void {
  if (intent.kind === 'Deployment') names.deployments.add(intent.name);
  if (intent.kind === 'Pod' || intent.kind === 'ReplicaSet') names.pods.add(intent.name);
  if (intent.kind === 'Service') names.services.add(intent.name);
  names.objects.add(intent.name);
}

function checkResource(name: string, known: readonly string[], path: ValuePath, context: NameContext): void {
  if (known.includes(name)) return;
  const message = `there is no resource "${name}" that can be used here`;
  context.errors.push(unknownNameError(name, known, { message, place: context.place(path) }));
}

function check(name: string, known: ReadonlySet<string>, path: ValuePath, context: NameContext): void {
  if (name === 'all' || known.has(name)) return;
  const message = `no operation creates "${name}"`;
  context.errors.push(unknownNameError(name, known, { message, place: context.place(path), orWords: ['all'] }));
}

/** Pods that name a scheduler which does not run would stay unscheduled for ever. */
function checkSchedulers(
  templates: readonly TemplateEntry[],
  schedulerNames: ReadonlySet<string>,
  operations: readonly Operation[],
  context: NameContext,
): void {
  const unknown = new Set(
    templates.map(({ template }) => template.schedulerName).filter((name) => !schedulerNames.has(name)),
  );
  for (const name of unknown) {
    const index = operations.findIndex((operation) => usesScheduler(operation, name));
    context.errors.push(
      unknownNameError(name, schedulerNames, {
        message: `pods name the scheduler "${name}", which is not there`,
        place: context.place(index < 0 ? ['spec', 'operations'] : ['spec', 'operations', index]),
        fix: "add it under spec.schedulers, or as a profile of the scheduler's configuration",
      }),
    );
  }
}

function usesScheduler(operation: Operation, name: string): boolean {
  if (operation.kind === 'createPods') return operation.template.schedulerName === name;
  return (
    'intents' in operation &&
    operation.intents.some((intent) => 'template' in intent && intent.template.schedulerName === name)
  );
}

/** A version holds its finalizers as bits of one number. */
function checkFinalizers(
  templates: readonly TemplateEntry[],
  operations: readonly Operation[],
  context: NameContext,
): void {
  const named = new Set([
    ...templates.flatMap(({ template }) => template.finalizers ?? []),
    ...operations.flatMap((operation) => ('finalizers' in operation ? operation.finalizers : [])),
    ...operations.flatMap((operation) => ('intents' in operation ? operation.intents : [])).flatMap(finalizersOf),
  ]);
  if (named.size <= MAXIMUM_FINALIZERS) return;
  context.errors.push(
    new PlimsollError('P209', {
      ...context.place(['spec', 'operations']),
      message: `the scenario names ${named.size} different finalizers`,
      expected: `at most ${MAXIMUM_FINALIZERS}`,
      fix: 'let objects that are released together share one',
    }),
  );
}

function finalizersOf(intent: Intent): readonly string[] {
  return 'finalizers' in intent ? (intent.finalizers ?? []) : [];
}
