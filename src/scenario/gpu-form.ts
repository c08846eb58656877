/** GPUs as they are written: what a node has, and what a job asks for. */
import { z } from 'zod';
import type { GpuRequest, NodeGpus } from '../cluster/index.ts';
import { strictMap } from './schema-parts.ts';
import { textSchema, wholeNumberSchema } from './value-forms.ts';

/** Most GPUs of one node, and thousandths of one GPU. */
export const MAXIMUM_GPUS = 16;
const WHOLE_GPU = 1000;

const modelSchema = textSchema('the type of a GPU, such as V100M32');

/** GPUs of a node. */
export const nodeGpusSchema = strictMap({
  count: wholeNumberSchema(1, MAXIMUM_GPUS),
  model: modelSchema.optional(),
});

/** GPUs of a pod: so many whole ones, or a share of one. */
export const gpuRequestSchema = strictMap({
  count: wholeNumberSchema(1, MAXIMUM_GPUS).optional(),
  milli: wholeNumberSchema(1, WHOLE_GPU).optional(),
  models: z.array(modelSchema).optional(),
});

/** What a node has. */
export function resolveNodeGpus(written: z.output<typeof nodeGpusSchema>): NodeGpus {
  return { count: written.count, model: written.model ?? '' };
}

/** What a pod asks for; a share is of one GPU. */
export function resolveGpuRequest(written: z.output<typeof gpuRequestSchema>): GpuRequest {
  const milli = written.milli ?? WHOLE_GPU;
  return { count: milli < WHOLE_GPU ? 1 : (written.count ?? 1), milli, models: written.models ?? [] };
}
