/** `plimsoll list`: the names of everything that can be named. */
import { type Command, Option } from 'commander';
import { nearestName, PlimsollError } from '../../index.ts';
import { type Listed, type ListingName, listings } from '../listings.ts';

/** Adds the command. */
export function addList(program: Command): void {
  const words = Object.keys(listings);
  program
    .command('list [what]')
    .description(`names, each with what it is: ${words.join(', ')}; alone, what can be listed`)
    .addOption(new Option('--format <format>', 'what goes to stdout').choices(['table', 'json']).default('table'))
    .action((word = '', { format }: { format: 'table' | 'json' }) => {
      if (word === '') {
        process.stdout.write(format === 'json' ? `${JSON.stringify(words, null, 2)}\n` : `${words.join('\n')}\n`);
        return;
      }
      if (!Object.hasOwn(listings, word)) {
        const nearest = nearestName(word, words);
        throw new PlimsollError('P103', {
          message: `there is no list of ${word}`,
          expected: words.join(', '),
          nearest,
        });
      }
      const entries = listings[word as ListingName]();
      process.stdout.write(format === 'json' ? `${JSON.stringify(entries.map(plain), null, 2)}\n` : columns(entries));
    });
}

function plain({ name, help, details }: Listed): object {
  return { name, help, ...Object.fromEntries(details) };
}

function columns(entries: readonly Listed[]): string {
  const width = Math.max(0, ...entries.map(({ name }) => name.length));
  return entries.map(({ name, help }) => `${name.padEnd(width)}  ${help}\n`).join('');
}
