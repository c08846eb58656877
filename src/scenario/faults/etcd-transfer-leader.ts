/** etcdTransferLeader: the leadership of etcd is handed over. */
import { memberNumberSchema } from './etcd-member.ts';
import { faultKind } from './fault.ts';

/** A transfer, resolved. */
export interface EtcdTransferLeader {
  readonly fault: 'etcdTransferLeader';
  /** To whom; undefined = the first other voter that runs. */
  readonly to?: number;
}

export const etcdTransferLeader = faultKind({
  help: 'The leadership is handed over to member `to`, or to the first other that runs.',
  shape: { to: memberNumberSchema.optional() },
  resolve: (written): EtcdTransferLeader => ({
    fault: 'etcdTransferLeader',
    ...(written.to === undefined ? {} : { to: written.to }),
  }),
});
