/**
 * The opcode churn. create: one object of each template at every interval. recreate: at every interval the objects that are there are
 * deleted, or those that are not are created, so that a creation comes with every second interval.
 */
import type { ConfigReader } from './config-reader.ts';
import { CLIENT, type OperationImport, pathBeside, type WrittenOperation } from './operation-import.ts';
import { kindOfTemplate, readNodeTemplate, readServiceTemplate } from './templates.ts';

/** A population that no run reaches: what is only created is never deleted. */
const WITHOUT_END = 1_000_000;
/** Interval where none is given [ms] (scheduler_perf.go: churnOp). */
const DEFAULT_INTERVAL_MS = 500;

/** One churn for each template. */
export function churnOperations(operation: ConfigReader, index: number, context: OperationImport): WrittenOperation[] {
  const mode = operation.requiredText('mode');
  if (mode !== 'create' && mode !== 'recreate')
    throw operation.mistake('mode', `there is no mode ${mode}`, 'create or recreate');
  const number = operation.number('number') ?? 0;
  const milliseconds = operation.number('intervalMilliseconds') ?? DEFAULT_INTERVAL_MS;
  const namespace = operation.text('namespace') ?? `namespace-${index}`;
  if (mode === 'recreate') {
    context.remarks.say('churn recreate: objects are created and deleted at the same instant, every second interval');
  }
  const perSecond = 1000 / milliseconds / (mode === 'recreate' ? 2 : 1);
  const isBounded = mode === 'create' && number > 0;
  const pace = {
    population: mode === 'recreate' ? Math.max(1, number) : WITHOUT_END,
    rate: `${Number(perSecond.toPrecision(12))}/s`,
    ...(isBounded ? { for: `${number * milliseconds}ms` } : {}),
    client: CLIENT,
  };
  return operation.texts('templatePaths').flatMap((path, i) => {
    const what = churned(path, namespace, context);
    if (what === undefined) return [];
    const name = `churn-${index}-${i}`;
    context.churns.push(name);
    return [{ churn: { ...what, name, ...pace } }];
  });
}

/** What a template describes, as churn takes it. */
function churned(path: string, namespace: string, context: OperationImport): object | undefined {
  const { request, remarks } = context;
  const file = pathBeside(context, path);
  const kind = kindOfTemplate(request, file);
  switch (kind) {
    case 'Pod':
      return { what: 'pods', namespace, template: request.pathFromScenario(file) };
    case 'Node':
      return { what: 'nodes', ...readNodeTemplate(request, file, remarks).description };
    case 'Service':
      return { what: 'services', namespace, ...readServiceTemplate(request, file, remarks).description };
    default:
      remarks.without(`churn of kind ${kind}`);
      return undefined;
  }
}
