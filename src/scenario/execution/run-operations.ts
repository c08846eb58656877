/** The operations of a scenario, in their order: what is preloaded before the run, and the process that carries out the rest. */
import type { Labels } from '../../cluster/index.ts';
import type { Process } from '../../engine/index.ts';
import { formatDuration, type Nanoseconds } from '../../units/index.ts';
import type { Operation } from '../operations/index.ts';
import { awaitBarrier } from './await-barrier.ts';
import { runLoad, runWatches } from './call-api.ts';
import { deleteObjects, releaseObjects, rollDeployments, scaleDeployments, ungatePods } from './change-objects.ts';
import { preloadChurn, runChurn } from './churn.ts';
import { runConnections } from './connect.ts';
import { createNodes, preloadNodes } from './create-nodes.ts';
import { createIntents, createPods, preloadIntents, preloadPods } from './create-objects.ts';
import { createPlainObjects, preloadPlainObjects } from './create-plain-objects.ts';
import type { Execution } from './execution.ts';
import { injectFault } from './inject-fault.ts';
import { runDnsLoad } from './query-dns.ts';

/** Whether an operation is done before the run begins. */
function isPreload(operation: Operation): boolean {
  return 'preload' in operation && operation.preload;
}

/** Namespaces that an operation puts objects into. */
function namespacesOf(operation: Operation): readonly string[] {
  switch (operation.kind) {
    case 'createPods':
    case 'createObjects':
    case 'callApi':
      return operation.namespaces;
    case 'createDeployment':
    case 'createService':
    case 'createIngress':
    case 'apply':
      return operation.intents.map((intent) => intent.namespace);
    case 'churn':
      return operation.object.namespaces;
    case 'createNamespaces':
      return operation.names;
    default:
      return [];
  }
}

/** Labels of the namespaces that are described, or whose manifests are applied. They exist from the start if anything is put into them, with these labels. */
function labelsOfNamespaces(operations: readonly Operation[]): ReadonlyMap<string, Labels> {
  const labels = new Map<string, Labels>();
  for (const operation of operations) {
    if (operation.kind === 'createNamespaces') for (const name of operation.names) labels.set(name, operation.labels);
    if (operation.kind !== 'apply') continue;
    for (const intent of operation.intents) {
      if (intent.kind === 'Namespace' && intent.labels !== undefined) labels.set(intent.name, intent.labels);
    }
  }
  return labels;
}

/** Everything that exists when the run begins. Nodes come first, so that preloaded pods find them wherever they stand in the file. */
export function preloadAll(execution: Execution, operations: readonly Operation[]): void {
  const labels = labelsOfNamespaces(operations);
  for (const namespace of ['default', 'kube-system', 'kube-node-lease', ...operations.flatMap(namespacesOf)]) {
    if (namespace !== '') execution.cluster.ensureNamespace(namespace, labels.get(namespace));
  }
  for (const operation of operations) {
    if (operation.kind === 'createNodes' && operation.preload) preloadNodes(execution, operation);
  }
  // Whoever connects has to know what every node sees from the start.
  if (operations.some(({ kind }) => kind === 'connect')) execution.cluster.traffic.watchEndpoints();
  for (const operation of operations) if (isPreload(operation)) preloadObjects(execution, operation);
}

function preloadObjects(execution: Execution, operation: Operation): void {
  switch (operation.kind) {
    case 'createDeployment':
    case 'createService':
    case 'createIngress':
    case 'apply':
      preloadIntents(execution, operation.intents);
      break;
    case 'createPods':
      preloadPods(execution, operation.namespaces, operation.name, operation.count, operation.template);
      break;
    case 'createObjects':
      preloadPlainObjects(execution, operation);
      break;
    case 'churn':
      preloadChurn(execution, operation);
      break;
    default:
  }
}

/**
 * The process that carries out the operations. `done` is called when the last one is over, and with it everything that was scheduled for later
 * and every churn. A barrier that is not met in time ends it at once.
 */
export function* runOperations(execution: Execution, operations: readonly Operation[], done: () => void): Process {
  /** Operations that go on beside the others, and the sequence itself. */
  let open = 1;
  const close = () => {
    open--;
    if (open === 0) done();
  };
  const beside = (name: string, body: Process) => {
    open++;
    execution.spawn(name, followed(body, close));
  };
  for (const operation of operations) {
    if (isPreload(operation) && operation.kind !== 'churn') continue;
    const at = 'at' in operation ? operation.at : undefined;
    if (at !== undefined) {
      beside(`scenario ${operation.kind}`, later(execution, operation, at));
    } else if (operation.kind === 'churn') {
      begin(execution, operation);
      beside(`churn ${operation.name}`, runChurn(execution, operation));
    } else if (operation.kind === 'callApi' && operation.background) {
      begin(execution, operation);
      beside(`load ${operation.name}`, runLoad(execution, operation));
    } else if (operation.kind === 'connect' && operation.background) {
      begin(execution, operation);
      beside(`connections ${operation.name}`, runConnections(execution, operation));
    } else if (operation.kind === 'queryDns' && operation.background) {
      begin(execution, operation);
      beside(`load ${operation.name}`, runDnsLoad(execution, operation));
    } else if (operation.kind === 'delete' && operation.background) {
      begin(execution, operation);
      beside('scenario delete', deleteObjects(execution, operation));
    } else if (operation.kind === 'barrier') {
      if (!(yield* awaitBarrier(execution, operation))) {
        done();
        return;
      }
    } else {
      begin(execution, operation);
      yield* carryOut(execution, operation);
    }
  }
  close();
}

/** Notes on operations that are to begin only when the run has ended. */
export function notesOnLateOperations(operations: readonly Operation[], until: Nanoseconds): string[] {
  const end = formatDuration(until);
  return operations.flatMap((operation) => {
    const at = 'at' in operation ? operation.at : undefined;
    if (at === undefined || at < until) return [];
    const what = operation.kind === 'fault' ? operation.fault.fault : operation.kind;
    return [`${what} at ${formatDuration(at)} came to nothing: the run ends at ${end}`];
  });
}

/** A process with something that happens at its end. */
function* followed(body: Process, end: () => void): Process {
  yield* body;
  end();
}

/** Carries an operation out at an instant of the run, without holding up the ones after it. */
function* later(execution: Execution, operation: Operation, at: number): Process {
  yield Math.max(0, at - execution.cluster.simulation.now);
  begin(execution, operation);
  if (operation.kind === 'churn') yield* runChurn(execution, operation);
  else yield* carryOut(execution, operation);
}

function begin(execution: Execution, operation: Operation): void {
  if ('measure' in operation && operation.measure) execution.measured();
}

function* carryOut(execution: Execution, operation: Operation): Generator<number, void, number> {
  switch (operation.kind) {
    case 'createNodes':
      yield* createNodes(execution, operation);
      break;
    case 'createDeployment':
    case 'createService':
    case 'createIngress':
    case 'apply':
      yield* createIntents(execution, operation);
      break;
    case 'createPods':
      yield* createPods(execution, operation);
      break;
    case 'createObjects':
      yield* createPlainObjects(execution, operation);
      break;
    case 'callApi':
      yield* runLoad(execution, operation);
      break;
    case 'connect':
      yield* runConnections(execution, operation);
      break;
    case 'queryDns':
      yield* runDnsLoad(execution, operation);
      break;
    case 'writeLogs': {
      const agents = execution.cluster.addon('logAgent');
      agents?.writeMore(operation.bytesPerPod);
      yield operation.for;
      agents?.writeMore(-operation.bytesPerPod);
      break;
    }
    case 'openWatches':
      yield* runWatches(execution, operation);
      break;
    case 'scale':
      yield* scaleDeployments(execution, operation);
      break;
    case 'rollout':
      yield* rollDeployments(execution, operation);
      break;
    case 'delete':
      yield* deleteObjects(execution, operation);
      break;
    case 'removeFinalizers':
      yield* releaseObjects(execution, operation);
      break;
    case 'removeSchedulingGates':
      yield* ungatePods(execution, operation);
      break;
    case 'sleep':
      yield operation.duration;
      break;
    case 'stop':
      if (operation.churn !== undefined) execution.stoppedChurns.add(operation.churn);
      if (operation.load !== undefined) execution.stopLoads(operation.load);
      break;
    case 'fault':
      injectFault(execution, operation.fault);
      break;
    default:
  }
}
