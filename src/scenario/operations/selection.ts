/** Which objects an operation is about: all, or those with a name. */
import type { z } from 'zod';
import { nameSchema } from '../value-forms.ts';

/** A choice of objects. */
export interface Selection {
  /** Undefined = in every namespace. */
  readonly namespace?: string;
  /**
   * `all`, or a name as it was given to the operation that created the objects: `web` is the Deployment web, and also web-0, web-1, …
   * where the operation made several.
   */
  readonly name: string;
}

/** A name of objects, or the word `all`. */
export const selectionNameSchema = nameSchema;

/** `namespace`, of operations that choose objects. */
export const namespaceShape = { namespace: nameSchema.optional() };

/** The choice that was written. */
export function resolveSelection(name: string, written: z.output<z.ZodObject<typeof namespaceShape>>): Selection {
  return { ...(written.namespace === undefined ? {} : { namespace: written.namespace }), name };
}

/** What may follow a given name where the system made the rest: a number of ours, and the suffixes of a ReplicaSet and of its pod. */
const GENERATED_REST = /^(?:\d+-)?[bcdfghjklmnpqrstvwxz2456789]{5,}(?:-[bcdfghjklmnpqrstvwxz2456789]{5,})?$/;

/** Whether an object is chosen. `isGenerated`: the system made the last part of its name. */
export function isSelected(selection: Selection, namespace: string, name: string, isGenerated = false): boolean {
  if (selection.namespace !== undefined && selection.namespace !== namespace) return false;
  if (selection.name === 'all' || selection.name === name) return true;
  if (!name.startsWith(`${selection.name}-`)) return false;
  const rest = name.slice(selection.name.length + 1);
  return isGenerated ? GENERATED_REST.test(rest) : /^\d+$/.test(rest);
}
