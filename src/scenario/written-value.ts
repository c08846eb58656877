/** A value as it is typed on the command line: read as YAML, as in a file. */
import { PlimsollError } from '../errors/index.ts';
import { parseYaml } from '../manifests/index.ts';
import type { WrittenValue } from './resolved-scenario.ts';

/** The value of `text`; `label` is what was typed, for the message. Throws P102 where it is no YAML. */
export function readWrittenValue(text: string, label: string): WrittenValue {
  try {
    return (parseYaml(label, text)[0]?.value ?? '') as WrittenValue;
  } catch (error) {
    if (!(error instanceof PlimsollError)) throw error;
    throw new PlimsollError('P102', {
      message: `${label}: ${error.details.message}`,
      expected: 'a YAML value',
      fix: 'quote the value',
    });
  }
}
