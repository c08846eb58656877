/** `plimsoll import`: files of other tools as scenarios. */
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import {
  type Files,
  type Imported,
  type ImportFormatName,
  importFormats,
  loadScenario,
  nearestName,
  PlimsollError,
} from '../../index.ts';
import { nodeFiles, writeTextOrRefuse } from '../files.ts';

/** Options of the command. */
interface ImportOptions {
  readonly workload?: string;
  readonly output: string;
}

/** Adds the command. */
export function addImport(program: Command): void {
  const names = Object.keys(importFormats);
  const formats = Object.entries(importFormats).map(([name, { help, input }]) => `${name} (${input}: ${help})`);
  program
    .command('import <format> <input>')
    .description(`makes a scenario of a file of another tool: ${formats.join('; ')}`)
    .option('--workload <NAME>', 'which part of the file, where it holds several')
    .requiredOption('-o, --output <scenario.yaml>', 'the scenario to write')
    .action((format: string, input: string, { workload, output }: ImportOptions) => {
      if (!Object.hasOwn(importFormats, format)) throw unknownFormat(format, names);
      const imported = importFormats[format as ImportFormatName].read({
        files: nodeFiles,
        input,
        workload,
        scenarioName: basename(output).replace(/\.[^.]*$/, ''),
        pathFromScenario: (path) => pathFrom(output, path),
      });
      const accepted = checked(imported, output);
      for (const { name, text } of imported.files ?? []) writeTextOrRefuse('-o', join(dirname(output), name), text);
      writeTextOrRefuse('-o', output, imported.scenario);
      const lines = [...imported.notes, ...accepted.map((what) => `${what}: accepted, no effect modelled`)];
      process.stdout.write([`written     ${output}`, ...lines.map((line) => `note        ${line}`), ''].join('\n'));
    });
}

/** A path as the scenario has to write it: with "/" on every system. */
function pathFrom(output: string, path: string): string {
  if (isAbsolute(path)) return path.replaceAll('\\', '/');
  return relative(dirname(resolve(output)), resolve(path)).replaceAll('\\', '/');
}

/** A scenario that does not load is not written; what it accepts without effect is told now, and not only when it runs. */
function checked({ scenario, files: others = [] }: Imported, output: string): readonly string[] {
  const written = new Map([
    [output, scenario],
    ...others.map(({ name, text }) => [nodeFiles.resolve(output, name), text] as const),
  ]);
  const files: Files = { ...nodeFiles, readText: (path) => written.get(path) ?? nodeFiles.readText(path) };
  return loadScenario(files, output).acceptedWithoutEffect;
}

function unknownFormat(format: string, names: readonly string[]): PlimsollError {
  return new PlimsollError('P103', {
    message: `there is no format ${format}`,
    expected: names.join(', '),
    nearest: nearestName(format, names),
    fix: 'name one of these formats',
  });
}
