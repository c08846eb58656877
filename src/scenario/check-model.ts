/** What a scenario asks for must exist in the world that it runs in. */
import { architectureRegistry } from '../components/scheduling-cell/index.ts';
import { PlimsollError, type SourcePosition } from '../errors/index.ts';
import type { ValuePath } from '../manifests/index.ts';
import type { ScenarioModel } from './model.ts';
import { type Barrier, type Operation, type OperationName, operationKinds } from './operations/index.ts';
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
    if (model === 'schedulingCell' && 'conditions' in operation) checkBarrier(operation, path, context);
    const scheduler = 'scheduler' in operation ? operation.scheduler : undefined;
    if (kind === 'compact')
      checkPlacement(
        schedulers.find(({ name }) => name === (scheduler ?? names[0])),
        path,
        context,
      );
    if (scheduler === undefined || names.includes(scheduler)) continue;
    const message = `there is no scheduler "${scheduler}"`;
    context.errors.push(unknownNameError(scheduler, names, { message, place: context.place([...path, 'scheduler']) }));
  }
}

/** In a cell there are tasks, which are placed and end, and nothing else to wait for. */
function checkBarrier(
  { conditions, of }: Pick<Barrier, 'conditions' | 'of'>,
  path: ValuePath,
  context: ModelContext,
): void {
  const wrong = conditions.map(({ what }) => what).filter((what) => what !== 'podsScheduled' && what !== 'podsGone');
  for (const what of of === undefined ? wrong : [...wrong, 'of']) {
    context.errors.push(
      new PlimsollError('P209', {
        ...context.place([...path, what]),
        message: `${what} is not known in a scheduling cell`,
        expected: 'podsScheduled or podsGone, of all tasks',
        fix: `remove ${what}`,
      }),
    );
  }
}

/** Compacting is a node chooser's work: a scheduler without one can compact nothing. */
function checkPlacement(scheduler: SchedulerSelection | undefined, path: ValuePath, context: ModelContext): void {
  if (scheduler?.cell === undefined || architectureRegistry[scheduler.cell.architecture].usesPlacement) return;
  context.errors.push(
    new PlimsollError('P209', {
      ...context.place([...path, 'scheduler']),
      message: `${scheduler.name} (${scheduler.algorithm}) has no node chooser that could place a workload`,
      expected: 'a scheduler whose algorithm chooses nodes, or has a placement',
      fix: 'name another scheduler',
    }),
  );
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
