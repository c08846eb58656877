/**
 * What requests cost an API server: a fixed part by verb, work on the bytes by encoding, and bytes on the wire.
 * The CPU parameters are fitted together by bench/fit-apiserver-cpu.mjs, which prints the residuals and the error of each family that is left out.
 */
import { assumption, count, defineParameters, duration, measured, real, sourceCode } from '../../engine/index.ts';
import { microseconds, type Nanoseconds, nanoseconds, seconds } from '../../units/index.ts';

/** CPU times may be anything from nothing to a second. */
const cpuRange: readonly [Nanoseconds, Nanoseconds] = [nanoseconds(0), seconds(1)];
/** Work per byte may be anything from nothing to 100 us. */
const perByteRange: readonly [number, number] = [0, 100_000];
const crud = (note: string) => measured('kubernetes/crud.csv', `${note}; fitted by bench/fit-apiserver-cpu.mjs`);
const lists = (note: string) => measured('kubernetes/list.csv', `${note}; fitted by bench/fit-apiserver-cpu.mjs`);

export const requestCostParameters = defineParameters({
  createCpu: duration({
    default: microseconds(33),
    range: cpuRange,
    help: 'CPU of one POST of an object, apart from what grows with its bytes.',
    source: crud('median ratio 0.95, within 0.76 to 1.08; sizes apart from it, so that it is what is left at 0 bytes'),
  }),
  getCpu: duration({
    default: microseconds(121),
    range: cpuRange,
    help: 'CPU of one GET, apart from what grows with the bytes.',
    source: crud('median ratio 0.98'),
  }),
  updateCpu: duration({
    default: microseconds(400),
    range: cpuRange,
    help: 'CPU of one PUT or binding, apart from what grows with the bytes.',
    source: crud(
      'together with lease_renewals.csv and the PUTs of conflicts.csv: objects of 313, 617 and 1,184 B; the fit says 380, with which the simulated medians are 2 % low',
    ),
  }),
  patchCpu: duration({
    default: microseconds(500),
    range: cpuRange,
    help: 'CPU of one PATCH of an object, apart from what grows with the bytes.',
    source: crud(
      'together with the patches of conflicts.csv and watch_fanout.csv, which draw it down to 409; with 500 the median ratio of the patches of crud.csv is 0.94',
    ),
  }),
  statusPatchCpu: duration({
    default: microseconds(1150),
    range: cpuRange,
    help: 'CPU of one PATCH of a status, apart from what grows with the bytes.',
    source: crud('least absolute error is at 925, drawn down by two cheap windows; with 1,150 the median ratio is 1.0'),
  }),
  deleteCpu: duration({
    default: microseconds(600),
    range: cpuRange,
    help: 'CPU of one DELETE.',
    source: crud(
      'delete repeats to a factor of 2: least absolute error is at 521, the median ratio is 1.0 at 600 to 700',
    ),
  }),
  tokenRequestCpu: duration({
    default: microseconds(850),
    range: cpuRange,
    help: 'CPU of one TokenRequest.',
    source: assumption('a signature with an RSA key of 2,048 bits takes about 0.7 ms; the rest is like a GET'),
  }),
  writeWorkPerByte: real({
    default: 314,
    unit: 'ns/B',
    range: perByteRange,
    help: 'CPU that a POST, PUT or PATCH adds for each byte of the stored object: defaulting, validation, field management, comparing.',
    source: crud('with the codec known from LISTs, what PUTs of 313 to 1,184 B differ by'),
  }),
  jsonEncode: real({
    default: 10.5,
    unit: 'ns/B',
    range: perByteRange,
    help: 'CPU to convert and encode an object, per byte of JSON.',
    source: lists('rv0_json and meta_rv0_json; 3.0 times the bare codec of objects/summary.csv'),
  }),
  jsonDecode: real({
    default: 51,
    unit: 'ns/B',
    range: perByteRange,
    help: 'CPU to decode an object from JSON, per byte.',
    source: measured(
      'objects/summary.csv',
      '22 ns/B in the bare codec, times 3.0, the median of what the server takes more for the other rates',
    ),
  }),
  protobufEncode: real({
    default: 4.8,
    unit: 'ns/B',
    range: perByteRange,
    help: 'CPU to convert and encode an object, per byte of protobuf; also towards etcd.',
    source: lists('rv0_pb; 2.7 times the bare codec'),
  }),
  protobufDecode: real({
    default: 12.8,
    unit: 'ns/B',
    range: perByteRange,
    help: 'CPU to receive and decode an object, per byte of protobuf: what etcd sends, and bodies of components.',
    source: lists('rv_unset rows less the rv0 rows; 3.4 times the bare codec'),
  }),
  jsonPerProtobuf: real({
    default: 1.54,
    unit: 'B/B',
    range: [1, 10],
    help: 'Bytes of JSON for each byte of protobuf of the same object.',
    source: measured('objects/summary.csv', 'median of all objects of 1 kB and more; 1.52 in list.csv'),
  }),
  listBaseCpu: duration({
    default: microseconds(349),
    range: cpuRange,
    help: 'CPU of one LIST without objects.',
    source: lists('rv0_json_field rows: 20 and 50 objects found by index'),
  }),
  listScanCpu: duration({
    default: nanoseconds(805),
    range: cpuRange,
    help: 'CPU of each object that a LIST looks at, returned or not.',
    source: lists('rv0_json_label rows: 10 % of 500 to 10,000 objects match'),
  }),
  watchOpenCpu: duration({
    default: microseconds(500),
    range: cpuRange,
    help: 'CPU of opening one watch.',
    source: assumption('like a LIST of nothing'),
  }),
  handshakeCpu: duration({
    default: microseconds(1500),
    range: cpuRange,
    help: 'CPU of accepting one connection: TLS 1.3 with a certificate on both sides.',
    source: assumption(
      "kubeadm's keys are RSA of 2,048 bits: a signature takes 0.7 to 1.2 ms of Go on one core, the checks of the client's chain 0.1 ms, key exchange 0.1 ms",
    ),
  }),
  rejectCpu: duration({
    default: microseconds(80),
    range: cpuRange,
    help: 'CPU of answering 429.',
    source: assumption('authentication and filters run before the limit is checked: half of a GET'),
  }),
  retryCpu: duration({
    default: microseconds(150),
    range: cpuRange,
    help: 'CPU of trying a write again inside the API server after its transaction lost (GuaranteedUpdate); a PATCH adds its work per byte.',
    source: measured(
      'kubernetes/conflicts_rep2.csv',
      'API server CPU of blind PUTs over their transactions: 195 to 231 us for each further one; patches of 617 B: 426 to 496 us',
    ),
  }),
  replyShare: real({
    default: 0.3,
    unit: 'share',
    range: [0, 1],
    help: "Share of a request's fixed CPU that is spent after storage: writing the answer, audit, metrics.",
    source: assumption('authentication, authorization and admission come before storage and take most of it'),
  }),
  backgroundCores: real({
    default: 0.025,
    unit: 'core',
    range: [0, 64],
    help: "What an API server computes without requests: health checks, metrics, informers, leases, the runtime's own work.",
    source: measured(
      'kubernetes/watch_fanout_rep2.csv',
      'the fit says 0.059 with all that a process at rest takes; here without waking up, which is modelled: server CPU of lease_renewals.csv and of few watchers',
    ),
  }),
  gzipThreshold: count({
    default: 131_072,
    unit: 'B',
    range: [0, 1e12],
    help: 'Answers above this are compressed if the client accepts gzip. Components of the control plane do not.',
    source: sourceCode('K:apiserver/pkg/endpoints/handlers/responsewriters/writers.go:defaultGzipThresholdBytes'),
  }),
  gzipCpuPerByte: real({
    default: 8,
    unit: 'ns/B',
    range: perByteRange,
    help: 'CPU of compressing an answer, per byte before compression.',
    source: assumption("Go's compress/flate at level 1 compresses text at 100 to 150 MB/s on one core"),
  }),
  gzipRatio: real({
    default: 0.15,
    unit: 'B/B',
    range: [0.001, 1],
    help: 'Bytes of a compressed answer for each byte before.',
    source: assumption('lists of like objects shrink to 10 to 20 % at level 1'),
  }),
});
