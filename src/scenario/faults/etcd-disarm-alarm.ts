/** etcdDisarmAlarm: an operator makes space and disarms the alarm. */
import { faultKind } from './fault.ts';

/** It, resolved. */
export interface EtcdDisarmAlarm {
  readonly fault: 'etcdDisarmAlarm';
}

export const etcdDisarmAlarm = faultKind({
  help: 'An operator compacts everything, defragments all members, and disarms the alarm NOSPACE.',
  shape: {},
  resolve: (): EtcdDisarmAlarm => ({ fault: 'etcdDisarmAlarm' }),
});
