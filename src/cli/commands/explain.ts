/** `plimsoll explain`: all that is known of one name. */
import type { Command } from 'commander';
import { nearestName, PlimsollError } from '../../index.ts';
import { type Listed, listings } from '../listings.ts';

/** Adds the command. */
export function addExplain(program: Command): void {
  program
    .command('explain <name>')
    .description(
      'all that is known of one name of a list: a parameter, metric, error code, scenario, plugin, algorithm, controller, proxy mode, profile or fault',
    )
    .action((name: string) => {
      const known = Object.entries(listings).flatMap(([word, list]) => list().map((entry) => ({ word, entry })));
      const found = known.filter(({ entry }) => entry.name === name);
      if (found.length === 0) {
        const nearest = nearestName(
          name,
          known.map(({ entry }) => entry.name),
        );
        throw new PlimsollError('P103', { message: `nothing is named ${name}`, nearest });
      }
      process.stdout.write(found.map(({ word, entry }) => describe(word, entry)).join('\n'));
    });
}

function describe(word: string, { name, help, details }: Listed): string {
  const width = Math.max(0, ...details.map(([what]) => what.length));
  const lines = details.map(([what, answer]) => `  ${what.padEnd(width)}  ${answer}\n`);
  return `${name} (${word.replace(/s$/, '')})\n  ${help}\n${lines.join('')}`;
}
