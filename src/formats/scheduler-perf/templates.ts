/** Manifests that operations name: nodes and Services become a description, pods are read by the scenario itself. */
import { PlimsollError } from '../../errors/index.ts';
import { isMap, parseYaml } from '../../manifests/index.ts';
import { readOrExplain } from '../../scenario/index.ts';
import type { ImportRequest } from '../import-format.ts';
import type { Remarks } from '../remarks.ts';
import { ConfigReader } from './config-reader.ts';

/** A node as createNodes and churn describe it. */
export interface DescribedNode {
  /** metadata.name; undefined = generated. */
  readonly name: string | undefined;
  readonly namePrefix: string;
  readonly description: Readonly<Record<string, unknown>>;
}

/** What scheduler_perf's own node offers where no template is named (scheduler_perf.go: the default node template). */
export const DEFAULT_NODE: DescribedNode = {
  name: undefined,
  namePrefix: 'scheduler-perf',
  description: { allocatable: { cpu: '4', memory: '32Gi', pods: 110 } },
};

/** The kind of the object that a file describes. */
export function kindOfTemplate(request: ImportRequest, path: string): string {
  return readObject(request, path).requiredText('kind');
}

/** A template of a node. */
export function readNodeTemplate(request: ImportRequest, path: string, remarks: Remarks): DescribedNode {
  const object = readObject(request, path);
  const metadata = object.map('metadata');
  const spec = object.map('spec');
  const status = object.map('status');
  // Nodes of the scenario are Ready from the start, which is what the template's conditions and phase say.
  object.ignore('apiVersion', 'kind');
  status?.ignore('conditions', 'phase');
  const capacity = status?.values('allocatable') ?? {};
  const allocatable = Object.keys(capacity).length > 0 ? capacity : (status?.values('capacity') ?? {});
  const labels = metadata?.values('labels') ?? {};
  const taints = spec?.raw('taints');
  const unschedulable = spec?.flag('unschedulable') ?? false;
  const generated = metadata?.text('generateName');
  const name = metadata?.text('name');
  metadata?.finish('Node metadata', remarks);
  spec?.finish('Node spec', remarks);
  status?.ignore('capacity');
  status?.finish('Node status', remarks);
  object.finish('Node', remarks);
  return {
    name,
    namePrefix: (generated ?? name ?? 'node').replace(/-$/, ''),
    description: {
      allocatable: Object.fromEntries(Object.entries(allocatable).map(([key, value]) => [key, amountOf(key, value)])),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      ...(taints === undefined ? {} : { taints }),
      ...(unschedulable ? { unschedulable } : {}),
    },
  };
}

/** Pods and extended resources are counted; Kubernetes writes their numbers as text. */
function amountOf(resource: string, value: unknown): unknown {
  const isCounted = resource === 'pods' || resource.includes('/');
  return isCounted && typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
}

/** Labels of a template of namespaces. */
export function readNamespaceLabels(
  request: ImportRequest,
  path: string,
  remarks: Remarks,
): Readonly<Record<string, unknown>> {
  const object = readObject(request, path);
  const metadata = object.map('metadata');
  object.ignore('apiVersion', 'kind');
  const labels = metadata?.values('labels') ?? {};
  metadata?.ignore('name', 'generateName');
  metadata?.finish('Namespace metadata', remarks);
  object.finish('Namespace', remarks);
  return labels;
}

/** A template of a Service, as churn describes one. */
export function readServiceTemplate(
  request: ImportRequest,
  path: string,
  remarks: Remarks,
): { readonly namePrefix: string; readonly description: Readonly<Record<string, unknown>> } {
  const object = readObject(request, path);
  const metadata = object.map('metadata');
  const spec = object.map('spec');
  object.ignore('apiVersion', 'kind');
  const namePrefix = (metadata?.text('generateName') ?? metadata?.text('name') ?? 'service').replace(/-$/, '');
  metadata?.ignore('name');
  const ports = (spec?.maps('ports') ?? []).map((port) => {
    const described = {
      port: port.number('port'),
      ...(port.raw('targetPort') === undefined ? {} : { targetPort: port.raw('targetPort') }),
      ...(port.raw('protocol') === undefined ? {} : { protocol: port.raw('protocol') }),
      ...(port.raw('name') === undefined ? {} : { name: port.raw('name') }),
    };
    port.finish('Service spec.ports', remarks);
    return described;
  });
  const selector = spec?.values('selector') ?? {};
  metadata?.finish('Service metadata', remarks);
  spec?.finish('Service spec', remarks);
  object.finish('Service', remarks);
  return { namePrefix, description: { selector, ports } };
}

/** The only object of a file. */
function readObject({ files }: ImportRequest, path: string): ConfigReader {
  const [document] = parseYaml(path, readOrExplain(files, path));
  if (document === undefined || !isMap(document.value)) {
    throw new PlimsollError('P301', {
      message: 'the file does not describe one object',
      position: { file: path, line: 1, column: 1 },
      expected: 'one Kubernetes object',
    });
  }
  return new ConfigReader(document, [], document.value);
}
