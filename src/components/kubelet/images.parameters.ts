/** Parameters of images: their sizes, how nodes pull them and from where, and how disks are kept from filling up with them. */
import {
  assumption,
  count,
  defineParameters,
  distribution,
  documentation,
  duration,
  flag,
  real,
  sourceCode,
} from '../../engine/index.ts';
import { milliseconds, seconds } from '../../units/index.ts';

/** Sizes of images spread widely; what is said of them. */
const IMAGE_SIZES = assumption(
  'compressed; services in Go or on slim bases have tens of MB, those with a language runtime a few hundred, GPU frameworks gigabytes; spec.images gives the sizes of your own',
);

export const imageParameters = defineParameters({
  imagesPresent: flag({
    default: false,
    help: 'Whether every node already has every image. Otherwise each node pulls an image once.',
    source: assumption('a cluster under change meets new images; scalability tests preload theirs'),
  }),
  imageSizeMedian: real({
    default: 100e6,
    unit: 'B',
    range: [1, 1e12],
    help: 'Median size of images whose size nobody gives (lognormal). An image has the same size on all nodes.',
    source: IMAGE_SIZES,
  }),
  imageSizeP99: real({
    default: 800e6,
    unit: 'B',
    range: [1, 1e13],
    help: 'Size that one image in a hundred exceeds.',
    source: IMAGE_SIZES,
  }),
  imageCheck: distribution({
    default: { distribution: 'lognormal', p50: 300_000_000, p99: 1_000_000_000 },
    help: 'Asking the registry what a tag stands for: before every pull, and with imagePullPolicy Always even where the image is present.',
    source: assumption('one HTTPS round trip to a registry with authentication'),
  }),
  nodeDownloadRate: real({
    default: 100e6,
    unit: 'B/s',
    range: [1, 1e12],
    help: 'What a node can download; its pulls share it.',
    source: assumption('one connection of a node with 1 to 10 Gbit/s to a registry nearby'),
  }),
  imageUnpackRate: real({
    default: 60e6,
    unit: 'B/s',
    range: [1, 1e12],
    help: 'Compressed bytes that are unpacked and written a second, after the download.',
    source: assumption('gzip in one thread and the disk of the node; containerd unpacks layer by layer'),
  }),
  registryBandwidth: real({
    default: 0,
    unit: 'B/s',
    range: [0, 1e15],
    help: 'What the registry gives all nodes together, shared equally by those that download; 0 = no bound.',
    source: assumption(
      'public registries stand behind content networks; give the uplink of your own registry or mirror',
    ),
  }),
  registryConcurrency: count({
    default: 0,
    unit: 'pull',
    range: [0, 1e6],
    help: 'Pulls that the registry serves at once, the others waiting in line; 0 = no bound.',
    source: assumption('set it where a mirror limits its connections'),
  }),
  registryPullQps: real({
    default: 5,
    unit: '1/s',
    range: [0, 1e6],
    help: 'registryPullQPS: pulls that a node may begin a second; one beyond that fails (pull QPS exceeded). 0 = no limit.',
    source: sourceCode('K:pkg/kubelet/apis/config/v1beta1/defaults.go'),
  }),
  registryBurst: count({
    default: 10,
    unit: 'pull',
    range: [1, 1e6],
    help: 'registryBurst: pulls that may begin at once.',
    source: sourceCode('K:pkg/kubelet/apis/config/v1beta1/defaults.go'),
  }),
  serializeImagePulls: flag({
    default: true,
    help: 'Whether a node makes one pull at a time.',
    source: sourceCode('K:pkg/kubelet/apis/config/v1beta1/defaults.go'),
  }),
  maxParallelImagePulls: count({
    default: 0,
    unit: 'pull',
    range: [0, 1e6],
    help: 'Pulls of a node at once where they are not made one at a time; 0 = no limit.',
    source: sourceCode('K:pkg/kubelet/images/puller.go'),
  }),
  imageBackoff: duration({
    default: seconds(10),
    range: [milliseconds(10), seconds(600)],
    help: 'First pause before a pull that failed is made again; doubles.',
    source: sourceCode('K:pkg/kubelet/kubelet.go:imageBackOffPeriod'),
  }),
  imageBackoffMaximum: duration({
    default: seconds(300),
    range: [milliseconds(10), seconds(3600)],
    help: 'Longest such pause.',
    source: sourceCode('K:pkg/kubelet/kubelet.go:MaxImageBackOff'),
  }),
  nodeStatusMaxImages: count({
    default: 50,
    unit: 'image',
    range: [0, 1e6],
    help: 'Images that a node tells of in its status, the largest ones; ImageLocality goes by them.',
    source: sourceCode('K:pkg/kubelet/apis/config/v1beta1/defaults.go'),
  }),
  imageDiskFactor: real({
    default: 3,
    unit: 'ratio',
    range: [1, 20],
    help: 'Disk that an image takes for each compressed byte: the compressed layers are kept beside what they unpack to.',
    source: assumption('containerd keeps its content store (discard_unpacked_layers is off); gzip halves most layers'),
  }),
  nodeDisk: real({
    default: 100e9,
    unit: 'B',
    range: [1e6, 1e15],
    help: "The node's file system, for images, writable layers and logs (nodefs and imagefs are one), where the node states no ephemeral storage.",
    source: assumption('default boot disks of managed clusters have 80 to 100 GB'),
  }),
  systemDisk: real({
    default: 10e9,
    unit: 'B',
    range: [0, 1e15],
    help: 'What of it the operating system and its logs take.',
    source: assumption('a few GB of system and some of logs'),
  }),
  imageGcHighThreshold: real({
    default: 0.85,
    unit: 'share',
    range: [0, 1],
    help: 'imageGCHighThresholdPercent: above this use of the disk images are deleted.',
    source: sourceCode('K:pkg/kubelet/apis/config/v1beta1/defaults.go'),
  }),
  imageGcLowThreshold: real({
    default: 0.8,
    unit: 'share',
    range: [0, 1],
    help: 'imageGCLowThresholdPercent: as many as it takes to come down to this.',
    source: sourceCode('K:pkg/kubelet/apis/config/v1beta1/defaults.go'),
  }),
  imageMinimumGcAge: duration({
    default: seconds(120),
    range: [seconds(0), seconds(86_400)],
    help: 'An image that has been there for less is kept.',
    source: sourceCode('K:pkg/kubelet/apis/config/v1beta1/defaults.go'),
  }),
  imageGcPeriod: duration({
    default: seconds(300),
    range: [seconds(1), seconds(86_400)],
    help: 'How often a kubelet looks whether images are to be deleted.',
    source: documentation('https://kubernetes.io/docs/concepts/architecture/garbage-collection/', 'every five minutes'),
  }),
});
