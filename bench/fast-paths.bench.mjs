/**
 * Fast paths against the plain form that they stand for, each pair in one run: what a fast path saves is the only reason for it.
 *
 *   npm run build && node bench/fast-paths.bench.mjs [--quick] [--dist <folder>]
 */
import { pathToFileURL } from 'node:url';

const quick = process.argv.includes('--quick');
const distIndex = process.argv.indexOf('--dist');
const dist = distIndex > 0 ? pathToFileURL(`${process.argv[distIndex + 1]}/`) : new URL('../dist/', import.meta.url);
const load = (path) => import(new URL(path, dist).href);
const { Simulation, TimeSharing } = await load('engine/index.js');

const REPETITIONS = quick ? 3 : 9;
const OPERATIONS = quick ? 50_000 : 400_000;
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

/** Work that nobody waits for, in lumps, on a machine with cores to spare; each lump is a job with an event, or is seen to have ended. */
function lumps(isPlain) {
  const simulation = new Simulation({ seed: 'bench' });
  const cpu = new TimeSharing(simulation, 'cpu', 16, 3_000_000, () => {});
  let left = OPERATIONS;
  const gap = simulation.on('gap', () => {
    if (isPlain) cpu.start(250_000, 0);
    else cpu.spend(250_000, 0);
    if (left-- > 0) simulation.after(200_000, gap);
  });
  simulation.after(1, gap);
  return () => simulation.run(1e15);
}

/** Two or three messages that arrive at one instant, sorted by insertion or by the language's own sort. */
function messagesOfOneInstant(isPlain) {
  const simulation = new Simulation({ seed: 'bench' });
  if (isPlain) simulation.sortByRank = (group) => group.sort(simulation.byRank);
  const links = Array.from({ length: 3 }, (_, i) => simulation.openLink(`link ${i}`));
  let sent = 0;
  const arrived = simulation.on('arrived', (link) => {
    if (link !== 0 || sent >= OPERATIONS) return;
    for (let i = 2; i >= 0; i--) simulation.send(links[i], simulation.now + 1000, arrived, i);
    sent += 3;
  });
  simulation.send(links[0], 1, arrived, 0);
  return () => simulation.run(1e15);
}

/** Each pair, and the share of the plain form's time that the fast one may take. */
const PAIRS = [
  { name: 'work that nobody waits for', plain: () => lumps(true), fast: () => lumps(false), target: 0.9 },
  {
    name: 'messages of one instant',
    plain: () => messagesOfOneInstant(true),
    fast: () => messagesOfOneInstant(false),
    target: 0.9,
  },
];

function time(make) {
  const run = make();
  const start = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e3;
}

let missed = 0;
console.log('ms of CPU, medians');
for (const { name, plain, fast, target } of PAIRS) {
  const times = { plain: [], fast: [] };
  time(plain);
  time(fast);
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    times.plain.push(time(plain));
    times.fast.push(time(fast));
  }
  const [slow, quickly] = [median(times.plain), median(times.fast)];
  const isMissed = quickly / slow > target;
  if (isMissed) missed++;
  console.log(
    `${name.padEnd(32)} plain ${slow.toFixed(0).padStart(6)}  fast ${quickly.toFixed(0).padStart(6)}  ratio ${(quickly / slow).toFixed(2)}${isMissed ? '!' : ''}`,
  );
}
console.log(missed === 0 ? 'all targets met' : `${missed} targets missed (marked !)`);
process.exitCode = missed === 0 ? 0 : 1;
