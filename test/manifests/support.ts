/** The shortest ways to read a manifest and to see what is wrong with one. */
import type { Intent } from '../../src/cluster/index.ts';
import { PlimsollError } from '../../src/errors/index.ts';
import { AcceptedFields, readManifests, TemplateRegistry } from '../../src/manifests/index.ts';

/** What a manifest asks for, and what of it has no effect. */
export function read(text: string): { readonly intents: readonly Intent[]; readonly accepted: readonly string[] } {
  const { intents, accepted } = readManifests('shop.yaml', text, { templates: new TemplateRegistry() });
  return { intents, accepted: accepted.list() };
}

/** The first object of a manifest, which must be of the kind that is named. */
export function readOne<Kind extends Intent['kind']>(kind: Kind, text: string): Extract<Intent, { kind: Kind }> {
  const [intent] = read(text).intents;
  if (intent?.kind !== kind) throw new Error(`expected a ${kind}, got ${intent?.kind}`);
  return intent as Extract<Intent, { kind: Kind }>;
}

/** Code, place, path and message of all problems of something that throws. */
export function problemsOf(action: () => unknown): readonly string[] {
  try {
    action();
    return [];
  } catch (error) {
    if (!(error instanceof PlimsollError)) throw error;
    return [error, ...error.others].map(({ code, details: { position, path, message, nearest } }) => {
      const at = position === undefined ? '' : `${position.file}:${position.line}:${position.column}`;
      return `${code} ${at} ${path ?? ''}: ${message}${nearest === undefined ? '' : ` (${nearest})`}`;
    });
  }
}

/** A pod with these lines in its specification, below `spec:`. */
export function podText(...spec: readonly string[]): string {
  return ['apiVersion: v1', 'kind: Pod', 'metadata: { name: a }', 'spec:', ...spec.map((line) => `  ${line}`), ''].join(
    '\n',
  );
}

/** A Deployment with these lines in its specification and these in its pods'. */
export function deploymentText(
  spec: readonly string[] = [],
  pod: readonly string[] = ['containers: [{ name: a, image: a:1 }]'],
): string {
  return [
    'apiVersion: apps/v1',
    'kind: Deployment',
    'metadata: { name: web }',
    'spec:',
    '  selector: { matchLabels: { app: web } }',
    ...spec.map((line) => `  ${line}`),
    '  template:',
    '    metadata: { labels: { app: web } }',
    '    spec:',
    ...pod.map((line) => `      ${line}`),
    '',
  ].join('\n');
}

/** A fresh record of accepted fields. */
export function noFields(): AcceptedFields {
  return new AcceptedFields();
}
