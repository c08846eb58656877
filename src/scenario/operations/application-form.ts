/** How the program in a container behaves, as an operation says it: `application: { startTime: 5s, crashesAfter: {...}, memory: 200Mi }`. */
import { z } from 'zod';
import type { ApplicationBehaviour, Container, Intent } from '../../cluster/index.ts';
import type { DistributionSpec } from '../../engine/index.ts';
import type { TemplateRegistry } from '../../manifests/index.ts';
import { drawnSpanSchema } from '../distribution-form.ts';
import { drawnBytesSchema } from '../number-form.ts';
import { strictMap } from '../schema-parts.ts';
import { memorySchema, wholeNumberSchema } from '../value-forms.ts';

/** Highest exit code of a process. */
const HIGHEST_EXIT_CODE = 255;
/** Exit code of a program that crashes, where none is given. */
const DEFAULT_EXIT_CODE = 1;
/** Most lives that may end by a crash before the others do not. */
const MOST_CRASHES = 1_000_000;

/** The behaviour of a program. */
export const applicationSchema = strictMap({
  startTime: drawnSpanSchema.optional(),
  runTime: drawnSpanSchema.optional(),
  hangsAfter: drawnSpanSchema.optional(),
  hangTime: drawnSpanSchema.optional(),
  crashesAfter: drawnSpanSchema.optional(),
  exitCode: wholeNumberSchema(0, HIGHEST_EXIT_CODE).optional(),
  crashes: wholeNumberSchema(0, MOST_CRASHES).optional(),
  stopTime: drawnSpanSchema.optional(),
  memory: drawnBytesSchema.optional(),
  memoryGrowth: memorySchema.optional(),
  disk: drawnBytesSchema.optional(),
  diskGrowth: memorySchema.optional(),
});

/** The behaviour that was written, as containers carry it. */
export function resolveApplication(written: z.output<typeof applicationSchema>): ApplicationBehaviour {
  const { exitCode, ...given } = written;
  const kept = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...kept, exitCode: exitCode ?? DEFAULT_EXIT_CODE };
}

/** Behaviours by the name of the container. */
export const applicationsSchema = z.record(z.string(), applicationSchema);

/** An object of a manifest whose containers behave as was said, by their names; others are left as they are. */
export function withApplications(
  intent: Intent,
  written: z.output<typeof applicationsSchema>,
  templates: TemplateRegistry,
  lifetime: DistributionSpec | null,
): Intent {
  if (!('template' in intent)) return intent;
  const behave = (container: Container): Container => {
    const behaviour = written[container.name];
    return behaviour === undefined ? container : { ...container, application: resolveApplication(behaviour) };
  };
  const { id: _, lifetime: __, ...content } = intent.template;
  const containers = content.containers.map(behave);
  const initContainers = content.initContainers.map(behave);
  return { ...intent, template: templates.intern({ ...content, containers, initContainers }, lifetime) };
}
