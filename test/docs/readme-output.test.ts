/** The output that the README shows is what the program prints: the same lines and labels; figures may differ between machines. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { program, projectRoot, readPage } from './markdown.ts';

it('the verdict in the README has the lines and labels of a real one (UPDATE_DOCS=1 writes it again)', () => {
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-readme-'));
  try {
    const out = join(directory, 'out');
    const args = [program, 'run', 'scenarios/quickstart.yaml', '--out', out, '--quiet'];
    const { stdout, status } = spawnSync(process.execPath, args, { cwd: projectRoot, encoding: 'utf8' });
    expect(status).toBe(0);
    const printed = stdout.replace(out, 'results/quickstart/20260131T120000Z-1');
    const page = readPage('README.md');
    const block = page.blocks.find(({ attributes }) => attributes.get('output') === 'quickstart');
    if (process.env.UPDATE_DOCS === '1' && block !== undefined) {
      writeFileSync(
        page.path,
        readFileSync(page.path, 'utf8').replace(block.text, () => printed),
      );
    } else {
      expect(shapeOf(block?.text ?? '')).toEqual(shapeOf(printed));
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

/** Lines with every figure, time, path and place of waiting taken out: what the reader is told, not how much of it. */
function shapeOf(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .replaceAll(/[─┬┼┴]+/g, '─')
        .replace(/^(bottleneck|pace) .*$/, '$1')
        .replaceAll(/[+-]?\d[\d,.]*/g, '#')
        .replaceAll(/#(?:us|ms|s|m|h|#)+/g, '#')
        .replaceAll(/ +/g, ' '),
    );
}
