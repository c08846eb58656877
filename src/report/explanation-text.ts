/** The way of one pod through its schedulers, as text. */
import type { ScenarioRun } from '../experiment/index.ts';
import { NS_PER_SECOND } from '../units/index.ts';

/** Digits of an instant in seconds, its width with them, and the width of the word for a step. */
const DIGITS = 6;
const WIDTH = 14;
const WORD = 8;

/** The steps of the pod that was asked for, replication by replication; "" if none was. */
export function explanationText({ replications }: ScenarioRun): string {
  const parts = replications.flatMap(({ replication, seed, explanation }) => {
    if (explanation === undefined) return [];
    const { pod, steps } = explanation;
    const lines = steps.map(({ at, what, text }) => {
      const time = (at / NS_PER_SECOND).toFixed(DIGITS).padStart(WIDTH);
      return `${time} s  ${what.padEnd(WORD)} ${text}`;
    });
    const none = explanation.exists ? 'no scheduler ever had it' : 'there was no such pod';
    const head = `pod ${pod}, replication ${replication}, seed ${seed}`;
    return [[head, ...(lines.length === 0 ? [`  ${none}`] : lines), ''].join('\n')];
  });
  return parts.join('\n');
}
