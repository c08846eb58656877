/** Links between pages lead somewhere, and so do the paths that pages name. */
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allPageNames, fromRoot, pageNames, projectRoot, readPage } from './markdown.ts';
import { errorCatalogue, listings, metricNames, parameterPaths } from './names.ts';

/** Directories whose files are named with their path from the root. */
const NAMED_PATH = /^(?:src|test|docs|scenarios|schema|data|bench)\/[\w./-]+$/;

describe.each(allPageNames())('%s', (name) => {
  const page = readPage(name);

  it('has links that lead somewhere', () => {
    for (const { line, path, anchor } of page.links) {
      const target = path === '' ? page.path : join(dirname(page.path), path);
      expect(existsSync(target), `${name}:${line}: ${path} is not there`).toBe(true);
      if (anchor === '') continue;
      const { anchors } = readPage(fromRoot(normalize(target)));
      expect(anchors.has(anchor), `${name}:${line}: no heading is #${anchor}`).toBe(true);
    }
  });

  it('names files that are there', () => {
    for (const { line, text } of page.inlineCode) {
      if (!NAMED_PATH.test(text)) continue;
      expect(existsSync(join(projectRoot, text)), `${name}:${line}: ${text} is not there`).toBe(true);
    }
  });
});

describe.each(pageNames())('%s', (name) => {
  const page = readPage(name);

  it('names parameters, metrics and error codes that exist', () => {
    const components = new Set(parameterPaths.map((path) => path.split('.')[0]));
    for (const { line, text } of page.inlineCode) {
      const parameter = /^(\w+)\.([a-z]\w*)(?:=.*)?$/.exec(text);
      if (parameter !== null && components.has(parameter[1] as string) && !isFileName(text)) {
        expect(parameterPaths, `${name}:${line}: ${text}`).toContain(`${parameter[1]}.${parameter[2]}`);
      }
      const metric =
        /^((?:apiserver|etcd|kubelet|kubeproxy|scheduler|plimsoll|workqueue|rest_client|pod_startup)_\w+)(?:\{.*\})?$/.exec(
          text,
        );
      if (metric !== null && !text.includes('…')) {
        expect(metricNames, `${name}:${line}: ${text}`).toContain(metric[1]);
      }
      if (/^P\d{3}$/.test(text)) expect(Object.keys(errorCatalogue), `${name}:${line}: ${text}`).toContain(text);
    }
  });

  it('names commands, options and lists that exist', () => {
    for (const { line, text } of page.inlineCode) {
      const [program, command, word, ...rest] = text.split(/\s+/);
      if (program !== 'plimsoll' || command === undefined || command === '…' || command === '--help') continue;
      expect(Object.keys(listings.commands), `${name}:${line}: ${text}`).toContain(command);
      for (const option of [word, ...rest].filter((part) => part?.startsWith('--'))) {
        expect(listings.commands[command as keyof typeof listings.commands], `${name}:${line}: ${text}`).toContain(
          option,
        );
      }
      if (command === 'list' && word !== undefined && word !== 'WORD')
        expect(listings.words, `${name}:${line}: ${text}`).toContain(word);
    }
  });
});

function isFileName(text: string): boolean {
  return /\.(?:ts|md|csv|yaml|json|html|mjs)$/.test(text);
}
