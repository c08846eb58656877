/** The generated pages say what the program says. UPDATE_DOCS=1 writes them. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { generatedPages } from './generated-pages.ts';
import { projectRoot } from './markdown.ts';

it.each(Object.entries(generatedPages))(
  '%s is what the program says (UPDATE_DOCS=1 writes it again)',
  (name, generate) => {
    const path = join(projectRoot, name);
    const text = generate();
    if (process.env.UPDATE_DOCS === '1') writeFileSync(path, text);
    expect(existsSync(path) ? readFileSync(path, 'utf8') : '').toBe(text);
  },
);
