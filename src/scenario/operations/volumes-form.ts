/** Volumes of pods, as operations describe them: each pod gets a claim of its own (a generic ephemeral volume). */
import { z } from 'zod';
import { accessModes, type PodVolume } from '../../cluster/index.ts';
import { estimateStoredBytes } from '../../manifests/index.ts';
import { strictMap } from '../schema-parts.ts';
import { memorySchema, nameSchema } from '../value-forms.ts';

/** A list of volumes, such as [{ name: data, size: 10Gi, storageClass: fast }]. */
export const volumesSchema = z
  .array(
    strictMap({
      name: nameSchema,
      size: memorySchema,
      storageClass: nameSchema.optional(),
      accessMode: z.enum(accessModes).optional(),
    }),
  )
  .min(1);

/** The volumes that were described. */
export function resolveVolumes(written: z.output<typeof volumesSchema>): readonly PodVolume[] {
  return written.map(({ name, size, storageClass, accessMode }) => ({
    name,
    ephemeral: {
      request: size,
      ...(storageClass === undefined ? {} : { storageClass }),
      accessModes: [accessMode ?? 'ReadWriteOnce'],
      bytes: estimateStoredBytes({ size, storageClass }, 'other'),
    },
  }));
}
