/** Names of finalizers, as operations take them. */
import { z } from 'zod';
import { textSchema } from '../value-forms.ts';

/** A list of finalizers, such as [example.com/protection]. */
export const finalizersSchema = z.array(textSchema('the name of a finalizer, such as example.com/protection')).min(1);
