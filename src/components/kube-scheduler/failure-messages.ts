/** Numbers that stand for the texts of failures: events and conditions that say the same are not written twice. */
import type { Decision } from './algorithms/index.ts';
import { pluginNames } from './plugins/index.ts';
import type { PreemptionResult } from './preemption/preemption.ts';

/** A prime that mixes the counts of a message, and the bits of the result: 0 to 2^31 - 1. */
const MESSAGE_FACTOR = 16_777_619;
const MESSAGE_BITS = 0x7fff_ffff;

/** What a message says of preemption. */
const PREEMPTION_OUTCOMES: readonly PreemptionResult['outcome'][] = ['notEligible', 'noCandidate', 'found'];

/** The message that a pod is not scheduled because it is being deleted. */
export const BEING_DELETED = -1;
/** The message of a pod about which an extender that matters did not answer. */
export const EXTENDER_FAILED = -99;
/** The first of the messages of pods that a plugin did not let have their node, counted down by plugin number. */
const NOT_ALLOWED = -100;

/** What is said of a pod that a plugin does not let have its node. */
export function notAllowed(rejector: number): { readonly rejectors: number; readonly message: number } {
  return { rejectors: 1 << rejector, message: NOT_ALLOWED - rejector };
}

/** A number for the message of a failed attempt: it differs where the counts of nodes by plugin, or what is said of preemption, differ. */
export function messageOf({ rejected }: Decision, nodes: number, preempted: PreemptionResult | undefined): number {
  let message = nodes;
  const mix = (number: number) => {
    message = (Math.imul(message, MESSAGE_FACTOR) + number) & MESSAGE_BITS;
  };
  for (let plugin = 0; plugin < pluginNames.length; plugin++) mix(rejected[plugin] as number);
  if (preempted !== undefined) mix(PREEMPTION_OUTCOMES.indexOf(preempted.outcome));
  return message;
}
