/** Keys that every operation has that makes requests. */
import { z } from 'zod';
import { pacingShape } from './arrivals.ts';
import { clientSchema } from './client.ts';

/** `rate`, `arrivals`, `at`, `client` and `measure`. */
export const requestShape = {
  ...pacingShape,
  client: clientSchema.optional(),
  measure: z.boolean().optional(),
};

/** `preload`, of operations whose objects may exist from the start. */
export const preloadShape = { preload: z.boolean().optional() };
