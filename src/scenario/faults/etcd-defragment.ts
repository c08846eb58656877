/** etcdDefragment: an operator defragments all members. */
import { faultKind } from './fault.ts';

/** It, resolved. */
export interface EtcdDefragment {
  readonly fault: 'etcdDefragment';
}

export const etcdDefragment = faultKind({
  help: 'An operator defragments every member that runs, one after the other, the leader last; each serves nothing meanwhile.',
  shape: {},
  resolve: (): EtcdDefragment => ({ fault: 'etcdDefragment' }),
});
