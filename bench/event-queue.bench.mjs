/**
 * The hold model: N entries pending; pop the earliest and push it again at its time + an increment. Judged by the ratios
 * between queues in one run on one machine, never by the nanoseconds alone.
 *
 *   npm run build && node bench/event-queue.bench.mjs [--quick] [--dist <folder>]
 */
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import FlatQueue from 'flatqueue';
import { Heap } from 'heap-js';
import TinyQueue from 'tinyqueue';

const quick = process.argv.includes('--quick');
const distIndex = process.argv.indexOf('--dist');
const dist = distIndex > 0 ? pathToFileURL(`${process.argv[distIndex + 1]}/`) : new URL('../dist/', import.meta.url);
const { HeapEventQueue, RadixLadderEventQueue } = await import(new URL('engine/index.js', dist).href);

const SIZES = quick ? [1e3, 1e4, 1e5] : [1e3, 1e4, 1e5, 1e6];
const REPETITIONS = quick ? 5 : 9;
/** Holds per repetition: enough that every entry moves several times and virtual time crosses the large buckets. */
const holdsFor = (size) => Math.max(quick ? 300_000 : 1_000_000, size);
const MEAN_INCREMENT = 1e9;
/** The ratios that the ladder must reach at every size. */
const TARGETS = { flatqueue: 0.8, tinyqueue: 0.35, 'heap-js': 0.35 };

/** Exponential increments, drawn beforehand from a fixed linear congruential generator. */
const INCREMENTS = 1 << 16;
const increments = new Float64Array(INCREMENTS);
let state = 12_345;
for (let i = 0; i < INCREMENTS; i++) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  increments[i] = Math.round(-Math.log(1 - state / 2 ** 32) * MEAN_INCREMENT);
}

function holdEventQueue(queue, size) {
  for (let i = 0; i < size; i++) queue.push(increments[i & (INCREMENTS - 1)] + i, i);
  let position = 7;
  return (holds) => {
    for (let i = 0; i < holds; i++) {
      const handle = queue.pop();
      position = (position + 1) & (INCREMENTS - 1);
      queue.push(queue.poppedKey + increments[position], handle);
    }
  };
}

function holdFlatQueue(size) {
  const queue = new FlatQueue();
  for (let i = 0; i < size; i++) queue.push(i, increments[i & (INCREMENTS - 1)] + i);
  let position = 7;
  return (holds) => {
    for (let i = 0; i < holds; i++) {
      const key = queue.peekValue();
      const handle = queue.pop();
      position = (position + 1) & (INCREMENTS - 1);
      queue.push(handle, key + increments[position]);
    }
  };
}

/** Queues of objects: one object per event is made beforehand and pushed again, so that they pay for no garbage. */
function holdObjectQueue(queue, size) {
  for (let i = 0; i < size; i++) queue.push({ key: increments[i & (INCREMENTS - 1)] + i, handle: i });
  let position = 7;
  return (holds) => {
    for (let i = 0; i < holds; i++) {
      const event = queue.pop();
      position = (position + 1) & (INCREMENTS - 1);
      event.key += increments[position];
      queue.push(event);
    }
  };
}

const byKey = (left, right) => left.key - right.key;
const contestants = {
  ladder: (size) => holdEventQueue(new RadixLadderEventQueue(() => {}), size),
  heap: (size) => holdEventQueue(new HeapEventQueue(() => {}), size),
  flatqueue: (size) => holdFlatQueue(size),
  tinyqueue: (size) => holdObjectQueue(new TinyQueue([], byKey), size),
  'heap-js': (size) => holdObjectQueue(new Heap(byKey), size),
};

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

const names = Object.keys(contestants);
console.log(`ns per hold (median of ${REPETITIONS}); in brackets the ladder's time as a share of it`);
console.log(['N'.padStart(9), ...names.map((name) => name.padStart(16))].join(''));
let missed = 0;
for (const size of SIZES) {
  const holds = holdsFor(size);
  const nanoseconds = {};
  for (const name of names) {
    const hold = contestants[name](size);
    hold(holds);
    const times = [];
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      const start = performance.now();
      hold(holds);
      times.push(((performance.now() - start) * 1e6) / holds);
    }
    nanoseconds[name] = median(times);
  }
  const cells = names.map((name) => {
    const share = nanoseconds.ladder / nanoseconds[name];
    const bad = TARGETS[name] !== undefined && share > TARGETS[name];
    if (bad) missed++;
    const bracket = name === 'ladder' ? '' : ` (${share.toFixed(2)}${bad ? '!' : ''})`;
    return `${nanoseconds[name].toFixed(1)}${bracket}`.padStart(16);
  });
  console.log(size.toExponential(0).padStart(9) + cells.join(''));
}
console.log(missed === 0 ? 'all targets met' : `${missed} targets missed (marked !)`);
process.exitCode = missed === 0 ? 0 : 1;
