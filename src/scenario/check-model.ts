/** What a scenario asks for must exist in the world that it runs in. */
import { PlimsollError, type SourcePosition } from '../errors/index.ts';
import type { ValuePath } from '../manifests/index.ts';
import type { ScenarioModel } from './model.ts';
import { type Operation, type OperationName, operationKinds } from './operations/index.ts';
import type { SchedulerSelection } from './resolved-scenario.ts';
import { unknownNameError } from './unknown-name.ts';

/** Where problems go, and how they are placed. */
interface ModelContext {
  readonly errors: PlimsollError[];
  place(path: ValuePath): { position?: SourcePosition; path: string };
}

/** Checks operations and their schedulers. */
export function checkModel(
  model: ScenarioModel,
  operations: readonly Operation[],
  schedulers: readonly SchedulerSelection[],
  context: ModelContext,
): void {
  const names = schedulers.map(({ name }) => name);
  for (const [index, { kind, ...operation }] of operations.entries()) {
    const path = ['spec', 'operations', index, kind];
    if (!modelsOf(kind).includes(model)) context.errors.push(wrongWorld(kind, model, context.place(path)));
    const scheduler = 'scheduler' in operation ? operation.scheduler : undefined;
    if (scheduler === undefined || names.includes(scheduler)) continue;
    const message = `there is no scheduler "${scheduler}"`;
    context.errors.push(unknownNameError(scheduler, names, { message, place: context.place([...path, 'scheduler']) }));
  }
}

/** Worlds in which an operation can be carried out. */
function modelsOf(name: OperationName): readonly ScenarioModel[] {
  const kind: { readonly models?: readonly ScenarioModel[] } = operationKinds[name];
  return kind.models ?? ['controlPlane'];
}

function wrongWorld(
  name: OperationName,
  model: ScenarioModel,
  place: ReturnType<ModelContext['place']>,
): PlimsollError {
  const known = (Object.keys(operationKinds) as OperationName[]).filter((other) => modelsOf(other).includes(model));
  const [other] = modelsOf(name);
  return new PlimsollError('P209', {
    ...place,
    message: `${name} is not an operation of model ${model}`,
    expected: `one of ${known.join(', ')}`,
    fix: `add model: ${other} below spec, or use another operation`,
  });
}
