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
      return entries.length === 0 ? [] : [`  ${key}:`, ...entries.map((entry) => `    - ${inOneLine(entry)}`)];
    }),
    '',
  ].join('\n');
}

/** A value in YAML's flow style; an operation keeps its name in front. */
function inOneLine(value: unknown): string {
  const flow = (part: unknown): string => stringify(part, { collectionStyle: 'flow', lineWidth: 0 }).trim();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return flow(value);
  const entries = Object.entries(value);
  const [first] = entries;
  const isOperation = entries.length === 1 && typeof first?.[1] === 'object';
  return isOperation && first !== undefined ? `${first[0]}: ${flow(first[1])}` : flow(value);
}
