/** A scenario as text: its question and what the import remarks as comments, an operation a line. */
import { stringify } from 'yaml';
import { SCENARIO_API_VERSION, SCENARIO_KIND } from '../scenario/index.ts';

/** What goes into a scenario; keys of `spec` in the order in which they are written. */
export interface ScenarioParts {
  readonly name: string;
  /** The question, for the first comment. */
  readonly question: string;
  readonly remarks: readonly string[];
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Keys of which each entry has a line of its own. */
const LISTS = ['operations', 'objectives', 'schedulers', 'customResources'];

/** The text of the scenario. */
export function scenarioText({ name, question, remarks, spec }: ScenarioParts): string {
  return [
    `# ${question}`,
    '',
    ...remarks.map((remark) => `# ${remark}`),
    `apiVersion: ${SCENARIO_API_VERSION}`,
    `kind: ${SCENARIO_KIND}`,
    `metadata: ${inOneLine({ name })}`,
    'spec:',
    ...Object.entries(spec).flatMap(([key, value]) => {
      if (!LISTS.includes(key)) return [`  ${key}: ${inOneLine(value)}`];
      const entries = value as readonly unknown[];
      return entries.length === 0 ? [] : [`  ${key}:`, ...entries.map((entry) => `    - ${entryText(entry)}`)];
    }),
    '',
  ].join('\n');
}

/** An entry of a list: an operation keeps its name in front. */
function entryText(entry: unknown): string {
  const [first, ...others] = typeof entry === 'object' && entry !== null ? Object.entries(entry) : [];
  if (first === undefined || others.length > 0) return inOneLine(entry);
  return `${first[0]}: ${inOneLine(first[1])}`;
}

/** A value in YAML's flow style. */
function inOneLine(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim();
}
