/** spec.customResources: kinds of a scenario beside the built-in ones, of which only name and size matter. */
import { z } from 'zod';
import type { CustomResource } from '../cluster/index.ts';
import { PlimsollError, type SourcePosition } from '../errors/index.ts';
import type { ValuePath } from '../manifests/index.ts';
import { strictMap } from './schema-parts.ts';
import { formSchema, memorySchema, wrongForm } from './value-forms.ts';

/** A plural name and the group that serves it, which has a domain. */
const RESOURCE_PATTERN = /^[a-z][a-z0-9]*(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/;

const resourceSchema: z.ZodType<string, unknown> = formSchema({
  expected: 'a plural name and its group, such as widgets.example.com',
  json: { type: 'string', pattern: RESOURCE_PATTERN.source },
  parse: (written) =>
    typeof written === 'string' && RESOURCE_PATTERN.test(written)
      ? written
      : wrongForm(written, 'write the plural name in lower case, a dot and the group'),
});

/** The schema of the list. */
export const customResourcesSchema = z.array(strictMap({ resource: resourceSchema, size: memorySchema }));

/** What resolving takes. */
interface CustomResourceContext {
  readonly errors: PlimsollError[];
  place(path: ValuePath): { position?: SourcePosition; path: string };
}

/** The custom resources of a scenario; each name once. */
export function resolveCustomResources(
  written: z.output<typeof customResourcesSchema> | undefined,
  { errors, place }: CustomResourceContext,
): readonly CustomResource[] {
  const resources = written ?? [];
  for (const [index, { resource }] of resources.entries()) {
    if (resources.findIndex((other) => other.resource === resource) === index) continue;
    errors.push(
      new PlimsollError('P209', {
        ...place(['spec', 'customResources', index, 'resource']),
        message: `there are two custom resources named "${resource}"`,
        expected: 'a name of its own for each custom resource',
      }),
    );
  }
  return resources;
}
