/** Keys of tasks: the same replication of the same simulated scenario by the same program has the same key, whoever carries it out, and how often. */
import { createHash } from 'node:crypto';
import type { ResolvedScenario } from '../../scenario/resolved-scenario.ts';
import type { Job } from '../job.ts';
import { replicationSeed } from '../seeds.ts';
import { simulatedPart } from '../simulated-part.ts';

/** Characters of a key and of a hash: 160 bits, for file names and keys in Redis. */
const HASH_LENGTH = 40;

/** Hashes of scenarios that were asked for before: those of one point are one object. */
const known = new WeakMap<ResolvedScenario, string>();

/** Hash of what of a scenario is simulated. */
export function scenarioHash(scenario: ResolvedScenario): string {
  let hash = known.get(scenario);
  if (hash === undefined) {
    hash = hashOf(canonicalText(simulatedPart(scenario)));
    known.set(scenario, hash);
  }
  return hash;
}

/** Key of a job's result. `program` is the program that carries it out: its version, its code and its Node major. */
export function taskKey({ scenario, runSeed, replication, explainPod }: Job, program: string): string {
  const seed = replicationSeed(runSeed, replication);
  return hashOf(canonicalText([program, scenarioHash(scenario), replication, seed, explainPod]));
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH);
}

/** Plain data as text: the same for equal data in whatever order its keys are; numbers keep every bit. */
export function canonicalText(value: unknown): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (value === undefined) return 'undefined';
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype)
    throw new TypeError(`only plain data has a canonical text, not ${String(value)}`);
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonicalText(member)}`).join(',')}}`;
}
