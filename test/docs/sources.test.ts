/** Where numbers come from: every measurement that a parameter or a profile names is in data/measured. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type ParameterSet, parameterRegistry, profiles } from '../../src/index.ts';
import { projectRoot } from './markdown.ts';

/** Files of data/measured that a text names, with or without the directory. */
function filesIn(text: string): string[] {
  return [
    ...text.matchAll(/\b(?:data\/measured\/)?((?:etcd|kubernetes|objects|proxy)\/[a-z_0-9]+\.(?:csv|jsonl))/g),
  ].map(([, file]) => file as string);
}

it('every measured parameter names a file that is there', () => {
  for (const [component, set] of Object.entries<ParameterSet>(parameterRegistry)) {
    for (const [name, { source }] of Object.entries(set)) {
      const named = filesIn(`${source.where} ${source.note ?? ''}`);
      if (source.kind === 'measured') expect(named, `${component}.${name} names no file`).not.toHaveLength(0);
      for (const file of named)
        expect(existsSync(join(projectRoot, 'data/measured', file)), `${component}.${name}: ${file}`).toBe(true);
    }
  }
});

it('so does every profile', () => {
  for (const [name, { source }] of Object.entries(profiles)) {
    for (const file of filesIn(source))
      expect(existsSync(join(projectRoot, 'data/measured', file)), `${name}: ${file}`).toBe(true);
  }
});
