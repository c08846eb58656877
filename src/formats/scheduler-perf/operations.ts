/**
 * Opcodes to operations. scheduler_perf waits after each createPods until its pods are scheduled, unless it is told not to; its client has
 * 5,000 requests a second and 30 creators at a time (K:test/integration/scheduler_perf/scheduler_perf.go, util.go).
 */
import { nearestName, type PlimsollError } from '../../errors/index.ts';
import { applicableKinds, isMap } from '../../manifests/index.ts';
import { churnOperations } from './churn.ts';
import type { ConfigReader } from './config-reader.ts';
import { CLIENT, type OperationImport, pathBeside, type WrittenOperation } from './operation-import.ts';
import { DEFAULT_NODE, kindOfTemplate, readNamespaceLabels, readNodeTemplate } from './templates.ts';

/** How it creates pods: 30 workers, each with one request at a time. */
const CREATORS = { kind: 'parallelism-limited', parallelism: 30 } as const;
/** Pods that no template describes: test/utils MakePodSpec. */
const DEFAULT_POD = { requests: { cpu: '100m', memory: '500Mi' }, limits: { cpu: '100m', memory: '500Mi' } } as const;

/** Makes operations of one opcode; `index` is its place in the template. */
type Opcode = (operation: ConfigReader, index: number, context: OperationImport) => WrittenOperation[];

const opcodes: Readonly<Record<string, Opcode>> = {
  createNodes,
  createNamespaces,
  createPods,
  createPodSets,
  deletePods,
  churn: churnOperations,
  barrier,
  sleep,
  createAny,
  startCollectingMetrics: (operation, _, context) => {
    operation.ignore('name', 'namespaces', 'labelSelector');
    context.isCollecting = true;
    return [];
  },
  stopCollectingMetrics: (_, __, { remarks }) => {
    remarks.say('stopCollectingMetrics: statistics go on to the end of the scenario');
    return [];
  },
};

/** Opcodes that exist and ask for what is not there. */
const NOT_THERE = ['updateAny', 'createResourceClaims', 'createResourceDriver', 'allocResourceClaims'];

/** All operations of a workload. */
export function operationsOf(template: readonly ConfigReader[], context: OperationImport): WrittenOperation[] {
  const operations = template.flatMap((operation, index) => {
    const opcode = operation.requiredText('opcode');
    const translate = opcodes[opcode];
    if (translate === undefined) {
      if (!NOT_THERE.includes(opcode)) throw unknownOpcode(operation, opcode);
      context.remarks.without(`opcode ${opcode}`);
      return [];
    }
    const translated = translate(operation, index, context);
    operation.finish(opcode, context.remarks);
    return translated;
  });
  return context.churns.length === 0 ? operations : [...operations, { stop: { churn: 'all' } }];
}

function unknownOpcode(operation: ConfigReader, opcode: string): PlimsollError {
  const known = [...Object.keys(opcodes), ...NOT_THERE];
  const nearest = nearestName(opcode, known) ?? known[0];
  return operation.mistake('opcode', `there is no opcode ${opcode}`, `one of ${known.join(', ')}`, nearest);
}

/** `count`, or the param that `countParam` names: "$initNodes" means the same in both formats. */
function countOf(operation: ConfigReader, context: OperationImport): string | number {
  const param = operation.text('countParam');
  const count = operation.number('count');
  if (param === undefined) {
    if (count !== undefined) return count;
    throw operation.mistake('count', 'neither count nor countParam is given', 'count or countParam');
  }
  if (!Object.hasOwn(context.params, param.replace(/^\$/, ''))) {
    const names = Object.keys(context.params).map((name) => `$${name}`);
    const nearest = nearestName(param, names) ?? names[0] ?? '';
    throw operation.mistake('countParam', `the workload has no param ${param}`, `one of ${names.join(', ')}`, nearest);
  }
  return param;
}

/** The number behind a count. */
function numberOf(count: string | number, { params }: OperationImport): number {
  return typeof count === 'number' ? count : Number(params[count.replace(/^\$/, '')]);
}

function createNodes(operation: ConfigReader, _: number, context: OperationImport): WrittenOperation[] {
  const count = countOf(operation, context);
  // A template that leaves nothing out of a kind of node makes none of it.
  if (numberOf(count, context) === 0) return [];
  const path = operation.text('nodeTemplatePath');
  const node =
    path === undefined ? DEFAULT_NODE : readNodeTemplate(context.request, pathBeside(context, path), context.remarks);
  const isFirst = context.created.length === 0;
  const naming = node.name !== undefined && count === 1 ? { name: node.name } : { namePrefix: node.namePrefix };
  const written = { count, ...naming, ...node.description, ...preparedLabels(operation, node.description, context) };
  // Before the first pod it makes no difference whether nodes were there from the start.
  return [{ createNodes: { ...written, agents: false, ...(isFirst ? { preload: true } : { client: CLIENT }) } }];
}

/** labelNodePrepareStrategy: values of a label, dealt to the nodes in turn. */
function preparedLabels(
  operation: ConfigReader,
  { labels }: Readonly<Record<string, unknown>>,
  { remarks }: OperationImport,
): object {
  const strategy = operation.map('labelNodePrepareStrategy');
  if (strategy === undefined) return {};
  const key = strategy.requiredText('labelKey');
  const values = strategy.texts('labelValues');
  strategy.finish('labelNodePrepareStrategy', remarks);
  if (key === 'topology.kubernetes.io/zone') return { zones: values };
  if (values.length === 1) return { labels: { ...(isMap(labels) ? labels : {}), [key]: values[0] } };
  remarks.without(`labelNodePrepareStrategy with several values of ${key}`);
  return {};
}

/** Namespaces: those without labels come into being with what is put into them. */
function createNamespaces(operation: ConfigReader, _: number, context: OperationImport): WrittenOperation[] {
  const name = operation.requiredText('prefix');
  const count = countOf(operation, context);
  const path = operation.text('namespaceTemplatePath');
  if (path === undefined) return [];
  const labels = readNamespaceLabels(context.request, pathBeside(context, path), context.remarks);
  return Object.keys(labels).length === 0 ? [] : [{ createNamespaces: { name, count, labels } }];
}

function createPods(operation: ConfigReader, index: number, context: OperationImport): WrittenOperation[] {
  const namespace = operation.text('namespace') ?? `namespace-${index}`;
  return podOperations(operation, `pods-${index}`, { namespace }, countOf(operation, context), context);
}

/** createPods in each of several namespaces. */
function createPodSets(operation: ConfigReader, index: number, context: OperationImport): WrittenOperation[] {
  const namespaces = numberOf(countOf(operation, context), context);
  const prefix = operation.requiredText('namespacePrefix');
  const inner = operation.map('createPodsOp');
  if (inner === undefined) throw operation.mistake('createPodsOp', 'createPodsOp is missing', 'a createPods');
  inner.ignore('opcode');
  const each = numberOf(countOf(inner, context), context);
  context.remarks.say('createPodSets: pods are dealt to the namespaces in turn, not one namespace after the other');
  const where = { namespace: prefix, namespaces };
  const operations = podOperations(inner, `pods-${index}`, where, namespaces * each, context);
  inner.finish('createPods', context.remarks);
  return operations;
}

/** createPods, and the wait for them. */
function podOperations(
  operation: ConfigReader,
  name: string,
  where: { readonly namespace: string; readonly namespaces?: number },
  count: string | number,
  context: OperationImport,
): WrittenOperation[] {
  const { namespace, namespaces } = where;
  const path = operation.text('podTemplatePath') ?? context.defaultPodTemplate;
  const pods =
    path === undefined ? DEFAULT_POD : { template: context.request.pathFromScenario(pathBeside(context, path)) };
  const isMeasured = operation.flag('collectMetrics') || context.isCollecting;
  context.isCollecting = false;
  const isAwaited = !operation.flag('skipWaitToCompletion');
  context.created.push({
    name,
    namespaces:
      namespaces === undefined ? [namespace] : Array.from({ length: namespaces }, (_, i) => `${namespace}-${i}`),
  });
  const measure = isMeasured ? { measure: true } : {};
  return [
    { createPods: { name, ...where, count, ...pods, arrivals: CREATORS, client: CLIENT, ...measure } },
    ...(isAwaited ? [{ barrier: { podsScheduled: 'all', of: name } }] : []),
  ];
}

function deletePods(operation: ConfigReader, _: number, { remarks }: OperationImport): WrittenOperation[] {
  const namespace = operation.requiredText('namespace');
  const rate = operation.number('deletePodsPerSecond');
  const background = operation.flag('skipWaitToCompletion');
  if (operation.raw('labelSelector') !== undefined) remarks.without('deletePods labelSelector');
  const pace = rate === undefined ? {} : { rate: `${rate}/s` };
  const written = { pods: 'all', namespace, ...pace, client: CLIENT };
  return [{ delete: background ? { ...written, background } : written }];
}

function barrier(operation: ConfigReader, _: number, context: OperationImport): WrittenOperation[] {
  const stage = operation.text('stageRequirement') ?? 'Scheduled';
  const namespaces = operation.texts('namespaces');
  if (operation.raw('labelSelector') !== undefined) context.remarks.without('barrier labelSelector');
  if (stage === 'Attempted') {
    context.remarks.say(
      'barrier stageRequirement Attempted: a second is waited, instead of a first attempt for each pod',
    );
    return [{ sleep: '1s' }];
  }
  const meant = context.created.filter(
    (created) => namespaces.length === 0 || created.namespaces.some((name) => namespaces.includes(name)),
  );
  return meant.map(({ name }) => ({ barrier: { podsScheduled: 'all', of: name } }));
}

function sleep(operation: ConfigReader, _: number, { params }: OperationImport): WrittenOperation[] {
  const param = operation.text('durationParam');
  const duration = operation.text('duration') ?? (param === undefined ? undefined : params[param.replace(/^\$/, '')]);
  if (duration === undefined) throw operation.mistake('duration', 'duration is missing', 'a duration, such as 5s');
  return [{ sleep: duration }];
}

/** Objects from a manifest. */
function createAny(operation: ConfigReader, _: number, context: OperationImport): WrittenOperation[] {
  const path = pathBeside(context, operation.requiredText('templatePath'));
  const kind = kindOfTemplate(context.request, path);
  const namespace = operation.text('namespace');
  if (!Object.hasOwn(applicableKinds, kind)) {
    context.remarks.without(`createAny of kind ${kind}`);
    operation.ignore('count', 'countParam');
    return [];
  }
  const manifests = context.request.pathFromScenario(path);
  return [{ apply: { manifests, ...(namespace === undefined ? {} : { namespace }), client: CLIENT } }];
}
