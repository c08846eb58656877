/** `plimsoll schema`: the JSON Schema of scenarios. */
import type { Command } from 'commander';
import { scenarioJsonSchema } from '../../index.ts';

/** Adds the command. */
export function addSchema(program: Command): void {
  program
    .command('schema')
    .description('the JSON Schema of scenarios, for editors')
    .action(() => {
      process.stdout.write(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
    });
}
