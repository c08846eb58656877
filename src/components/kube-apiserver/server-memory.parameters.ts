/** Memory of an API server. Fitted by hand to the columns api_rss_kb of list.csv, list_concurrent.csv and watch_fanout.csv (see each source). */
import { count, defineParameters, duration, flag, measured, real, sourceCode } from '../../engine/index.ts';
import { seconds } from '../../units/index.ts';

export const serverMemoryParameters = defineParameters({
  memoryBase: count({
    default: 160_000_000,
    unit: 'B',
    range: [0, 1e12],
    help: 'Heap of an API server without objects, watches and requests.',
    source: measured(
      'kubernetes/list.csv',
      '324 MB resident with 100 pods, of which half is what the collector leaves',
    ),
  }),
  memoryPerCachedByte: real({
    default: 20,
    unit: 'B/B',
    range: [0, 1000],
    help: 'Heap for each stored byte of an object in the watch cache: decoded fields, attributes, the ring of changes.',
    source: measured('kubernetes/list.csv', '10,000 pods of 1,184 B: 861 to 1,002 MB resident; model 817 to 943'),
  }),
  memoryPerWatch: count({
    default: 53_000,
    unit: 'B',
    range: [0, 1e9],
    help: 'Heap of one watch: buffers of its stream, goroutines, its channel.',
    source: measured('kubernetes/watch_fanout.csv', '160 MB more resident with 1,500 watches over as many connections'),
  }),
  memoryPerDecodedByte: real({
    default: 1.5,
    unit: 'B/B',
    range: [0, 1000],
    help: 'Heap for each byte that a LIST receives from etcd, until it is answered.',
    source: measured(
      'kubernetes/list_concurrent.csv',
      '99 MB more resident for each further LIST of 10,000 pods from etcd; model 125',
    ),
  }),
  memoryPerAnsweredByte: real({
    default: 2.5,
    unit: 'B/B',
    range: [0, 1000],
    help: 'Heap for each byte of the answer of a LIST that is not streamed: the buffer and what it grew from.',
    source: measured(
      'kubernetes/list_concurrent.csv',
      '195 MB more resident for a second LIST of 18 MB from the cache; model 90',
    ),
  }),
  streamingLists: flag({
    default: true,
    help: 'Whether answers of LISTs are encoded object by object instead of in one buffer.',
    source: sourceCode('K:apiserver/pkg/features/kube_features.go:StreamingCollectionEncodingToJSON', 'since 1.33'),
  }),
  gogc: count({
    default: 100,
    unit: '%',
    range: [1, 10_000],
    help: "GOGC: how much the heap grows between two runs of Go's garbage collector.",
    source: sourceCode('https://go.dev/doc/gc-guide', 'default'),
  }),
  allocation: real({
    default: 0.14,
    unit: 'B/ns',
    range: [0, 1000],
    help: 'Bytes of heap that an API server allocates for each nanosecond of CPU.',
    source: measured('kubernetes/crud.csv', 'see host.goMarkCpu'),
  }),
  memoryReturn: duration({
    default: seconds(300),
    range: [seconds(1), seconds(86_400)],
    help: 'Time in which resident memory falls back to 1/e after a peak.',
    source: sourceCode(
      'https://go.dev/src/runtime/mgcscavenge.go',
      'a forced collection every two minutes, then a slow return at 1 % of a core',
    ),
  }),
  crashBackoffMaximum: duration({
    default: seconds(300),
    range: [seconds(1), seconds(3600)],
    help: 'Longest pause before a process is started that was killed again and again: `restart` doubles up to this.',
    source: sourceCode('K:pkg/kubelet/kubelet.go:MaxCrashLoopBackOff'),
  }),
});
