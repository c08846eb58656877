/** spec.queues: tenants' queues of a scheduling cell, as a tree: their weights, what each is promised and what it must not exceed. */
import { z } from 'zod';
import type { PartialAmounts, QueueSpecification } from '../components/scheduling-cell/index.ts';
import { PlimsollError, type SourcePosition } from '../errors/index.ts';
import type { ValuePath } from '../manifests/index.ts';
import type { ScenarioModel } from './model.ts';
import { strictMap } from './schema-parts.ts';
import { unknownNameError } from './unknown-name.ts';
import { cpuSchema, memorySchema, nameSchema, numberSchema } from './value-forms.ts';

/** Bounds of a weight. */
const WEIGHTS = [0.001, 1_000_000] as const;
/** Most GPUs of a queue. */
const MOST_GPUS = 1_000_000;
/** Amounts of GPUs are counted in thousandths. */
const THOUSANDTHS = 1_000;

const amountsSchema = strictMap({
  cpu: cpuSchema.optional(),
  memory: memorySchema.optional(),
  gpu: numberSchema(0, MOST_GPUS).optional(),
});

/** The schema of the list. */
export const queuesSchema = z.array(
  strictMap({
    name: nameSchema,
    parent: nameSchema.optional(),
    weight: numberSchema(...WEIGHTS).optional(),
    guaranteed: amountsSchema.optional(),
    max: amountsSchema.optional(),
  }),
);

/** What resolving takes. */
interface QueueContext {
  readonly errors: PlimsollError[];
  place(path: ValuePath): { position?: SourcePosition; path: string };
}

/** The queues of a scenario, parents before their children. */
export function resolveQueues(
  written: z.output<typeof queuesSchema> | undefined,
  model: ScenarioModel,
  { errors, place }: QueueContext,
): readonly QueueSpecification[] {
  if (written !== undefined && model !== 'schedulingCell') {
    errors.push(
      new PlimsollError('P209', {
        ...place(['spec', 'queues']),
        message: 'queues belong to a scheduling cell',
        expected: 'model: schedulingCell',
        fix: 'add model: schedulingCell below spec, or remove queues',
      }),
    );
  }
  const names: string[] = [];
  return (written ?? []).map(({ name, parent, weight, guaranteed, max }, index) => {
    const path = ['spec', 'queues', index];
    if (names.includes(name)) {
      const message = `there are two queues named "${name}"`;
      const expected = 'a name of its own for each queue';
      errors.push(new PlimsollError('P209', { ...place([...path, 'name']), message, expected }));
    }
    if (parent !== undefined && !names.includes(parent)) {
      const message = `no queue "${parent}" is declared before ${name}`;
      errors.push(unknownNameError(parent, names, { message, place: place([...path, 'parent']) }));
    }
    names.push(name);
    return {
      name,
      parent: parent ?? '',
      weight: weight ?? 1,
      guaranteed: resolveAmounts(guaranteed),
      max: resolveAmounts(max),
    };
  });
}

function resolveAmounts({ cpu, memory, gpu }: z.output<typeof amountsSchema> = {}): PartialAmounts {
  return {
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory === undefined ? {} : { memory }),
    ...(gpu === undefined ? {} : { gpu: gpu * THOUSANDTHS }),
  };
}
