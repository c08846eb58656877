/** What a user should know about the rules that a run has come to: beyond what was measured, or beyond what the kernel holds. */
import { fullestSet, IPSET_CAPACITY, type ModeParameters, type ProxyModeName, proxyModes } from './modes/index.ts';
import type { ServiceHistory } from './service-history.ts';

/** Notes at the end of a run. */
export function notesOnRules(name: ProxyModeName, history: ServiceHistory, parameters: ModeParameters): string[] {
  const mode = proxyModes[name];
  const notes: string[] = [];
  const { what, most, measure } = mode.validity(parameters);
  const largest = history.largest((counts) => measure(counts, parameters));
  if (largest > most) {
    notes.push(
      `kube-proxy in mode ${name} had ${largest} ${what} on a node: times of syncs are fitted up to ${most}, and are extrapolated beyond`,
    );
  }
  if (name === 'ipvs') {
    const entries = history.largest((counts) => fullestSet(counts).entries);
    if (entries > IPSET_CAPACITY)
      notes.push(
        `an ipset of kube-proxy would have had ${entries} entries: those beyond ${IPSET_CAPACITY} (maxelem) are lost`,
      );
  }
  if (name === 'userspace')
    notes.push(
      'the userspace mode of kube-proxy was removed in Kubernetes 1.26: what it does is that of 1.25 and before',
    );
  return notes;
}
