/** etcdMemberAdd: a member is added to etcd. */
import { faultKind } from './fault.ts';

/** It, resolved. */
export interface EtcdMemberAdd {
  readonly fault: 'etcdMemberAdd';
}

export const etcdMemberAdd = faultKind({
  help: 'A member is added on a machine of its own: as a learner, which is promoted when it has nearly all of the log.',
  shape: {},
  resolve: (): EtcdMemberAdd => ({ fault: 'etcdMemberAdd' }),
});
