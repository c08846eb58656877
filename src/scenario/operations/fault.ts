/** fault: something breaks, now or at an instant of its own. */
import { z } from 'zod';
import type { Nanoseconds } from '../../units/index.ts';
import { type Fault, faultKinds } from '../faults/index.ts';
import { strictMap } from '../schema-parts.ts';
import { durationSchema } from '../value-forms.ts';
import { operationKind } from './operation.ts';

/** A fault to be injected, resolved. It does not block: the next operation starts at once. */
export interface InjectFault {
  readonly kind: 'fault';
  /** Instant at which it strikes, beside the list of operations; undefined = in its turn. */
  readonly at?: Nanoseconds;
  readonly fault: Fault;
}

const at = durationSchema.optional();

export const fault = operationKind({
  help: 'Something breaks: nodes, kubelets and container engines crash, networks and clocks of nodes fail, members of etcd are lost, cut off or slow, an API server or all of them restart, a webhook is away, a leading process ends.',
  schema: z.discriminatedUnion('kind', [
    strictMap({ kind: z.literal('nodeCrash'), at, ...faultKinds.nodeCrash.shape }),
    strictMap({ kind: z.literal('etcdLeaderLoss'), at, ...faultKinds.etcdLeaderLoss.shape }),
    strictMap({ kind: z.literal('etcdDefragment'), at, ...faultKinds.etcdDefragment.shape }),
    strictMap({ kind: z.literal('etcdDisarmAlarm'), at, ...faultKinds.etcdDisarmAlarm.shape }),
    strictMap({ kind: z.literal('etcdDiskFull'), at, ...faultKinds.etcdDiskFull.shape }),
    strictMap({ kind: z.literal('etcdLink'), at, ...faultKinds.etcdLink.shape }),
    strictMap({ kind: z.literal('etcdMemberAdd'), at, ...faultKinds.etcdMemberAdd.shape }),
    strictMap({ kind: z.literal('etcdMemberKill'), at, ...faultKinds.etcdMemberKill.shape }),
    strictMap({ kind: z.literal('etcdMemberRemove'), at, ...faultKinds.etcdMemberRemove.shape }),
    strictMap({ kind: z.literal('etcdPartition'), at, ...faultKinds.etcdPartition.shape }),
    strictMap({ kind: z.literal('etcdPause'), at, ...faultKinds.etcdPause.shape }),
    strictMap({ kind: z.literal('etcdQuorumLossRestore'), at, ...faultKinds.etcdQuorumLossRestore.shape }),
    strictMap({ kind: z.literal('etcdSlowDisk'), at, ...faultKinds.etcdSlowDisk.shape }),
    strictMap({ kind: z.literal('etcdSnapshotSave'), at, ...faultKinds.etcdSnapshotSave.shape }),
    strictMap({ kind: z.literal('etcdTransferLeader'), at, ...faultKinds.etcdTransferLeader.shape }),
    strictMap({ kind: z.literal('apiserverRestart'), at, ...faultKinds.apiserverRestart.shape }),
    strictMap({ kind: z.literal('webhookOutage'), at, ...faultKinds.webhookOutage.shape }),
    strictMap({ kind: z.literal('schedulerCrash'), at, ...faultKinds.schedulerCrash.shape }),
    strictMap({ kind: z.literal('controllerManagerCrash'), at, ...faultKinds.controllerManagerCrash.shape }),
    strictMap({ kind: z.literal('apiserverRollingRestart'), at, ...faultKinds.apiserverRollingRestart.shape }),
    strictMap({ kind: z.literal('containerRuntimeOutage'), at, ...faultKinds.containerRuntimeOutage.shape }),
    strictMap({ kind: z.literal('kubeletCrash'), at, ...faultKinds.kubeletCrash.shape }),
    strictMap({ kind: z.literal('kubeletRestart'), at, ...faultKinds.kubeletRestart.shape }),
    strictMap({ kind: z.literal('kubeProxyRestart'), at, ...faultKinds.kubeProxyRestart.shape }),
    strictMap({ kind: z.literal('networkPartition'), at, ...faultKinds.networkPartition.shape }),
    strictMap({ kind: z.literal('networkDegradation'), at, ...faultKinds.networkDegradation.shape }),
    strictMap({ kind: z.literal('nodeClockStop'), at, ...faultKinds.nodeClockStop.shape }),
    strictMap({ kind: z.literal('nodeClockSkew'), at, ...faultKinds.nodeClockSkew.shape }),
    strictMap({ kind: z.literal('staticPodChange'), at, ...faultKinds.staticPodChange.shape }),
  ]),
  resolve: (written): InjectFault => ({
    kind: 'fault',
    ...(written.at === undefined ? {} : { at: written.at }),
    fault: resolveFault(written),
  }),
});

function resolveFault(written: z.output<typeof fault.schema>): Fault {
  // The union has been told apart by `kind`, which is the key of the registry.
  const resolve = faultKinds[written.kind].resolve as (written: unknown) => Fault;
  return resolve(written);
}
