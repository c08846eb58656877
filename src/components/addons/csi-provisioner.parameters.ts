/** Parameters of the external provisioners of CSI drivers. */
import { assumption, count, defineParameters, distribution, real, sourceCode } from '../../engine/index.ts';
import { milliseconds } from '../../units/index.ts';

const SOURCE = 'github.com/kubernetes-csi/external-provisioner:cmd/csi-provisioner/csi-provisioner.go';

export const csiProvisionerParameters = defineParameters({
  clientQps: real({
    default: 5,
    unit: '1/s',
    range: [0, 1e6],
    help: "--kube-api-qps of a driver's provisioner; 0 = no limiter.",
    source: sourceCode(SOURCE),
  }),
  clientBurst: count({
    default: 10,
    unit: 'request',
    range: [1, 1e6],
    help: '--kube-api-burst of it.',
    source: sourceCode(SOURCE),
  }),
  workers: count({
    default: 100,
    unit: 'worker',
    range: [1, 10_000],
    help: '--worker-threads: volumes that it makes at once.',
    source: sourceCode(SOURCE),
  }),
  createVolumeTime: distribution({
    default: { distribution: 'lognormal', p50: milliseconds(1500), p99: milliseconds(6000) },
    help: 'CreateVolume: from the call of the driver until the volume of its storage system is there.',
    source: assumption('network disks of clouds take one to a few seconds; take your own driver’s'),
  }),
  deleteVolumeTime: distribution({
    default: { distribution: 'lognormal', p50: milliseconds(1000), p99: milliseconds(5000) },
    help: 'DeleteVolume of the driver.',
    source: assumption('as createVolumeTime, a little less'),
  }),
});
