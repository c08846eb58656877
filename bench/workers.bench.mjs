/**
 * What a second worker thread brings: a sweep of 40 equal tasks over one worker and over two, in turns, with everything that belongs to it
 * (threads that start, results that come back). The target is a ratio, and only an idle machine with two cores or more can reach it.
 *
 *   node bench/workers.bench.mjs           # two turns, minutes; --quick: one, of 10 tasks
 *   node bench/workers.bench.mjs --dist <folder>   # another build
 */
import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Least ratio of the wall times. */
const TARGET = 1.7;

const root = fileURLToPath(new URL('..', import.meta.url));
const isQuick = process.argv.includes('--quick');
const at = process.argv.indexOf('--dist');
const dist = at < 0 ? join(root, 'dist') : resolve(process.argv[at + 1]);
const { createRunControl, loadScenario, openExecutor, runAll } = await import(
  pathToFileURL(join(dist, 'index.js')).href
);

const tasks = isQuick ? 10 : 40;
const turns = isQuick ? 1 : 2;
const files = {
  readText: (path) => readFileSync(path, 'utf8'),
  resolve: (from, relative) => join(dirname(from), relative),
};
const scenario = loadScenario(files, join(root, 'scenarios', 'quickstart.yaml'));
/** The same replication again and again, so that no task is longer than another. */
const jobs = Array.from({ length: tasks }, (_, index) => ({ scenario, runSeed: '1', replication: 1, index }));

/** Wall time of all tasks, and CPU time of the process meanwhile [s]. */
async function timesOf(workers) {
  const began = performance.now();
  const before = process.cpuUsage();
  const executor = await openExecutor({ control: createRunControl(tasks), workers });
  const results = await runAll(executor, jobs);
  await executor.close();
  const fingerprints = new Set(results.map(({ fingerprint }) => fingerprint));
  if (fingerprints.size !== 1) throw new Error('equal tasks had different results');
  const { user, system } = process.cpuUsage(before);
  return { wall: (performance.now() - began) / 1000, cpu: (user + system) / 1e6 };
}

const best = {};
for (let turn = 0; turn < turns; turn++) {
  for (const workers of [1, 2]) {
    const times = await timesOf(workers);
    if (best[workers] === undefined || times.wall < best[workers].wall) best[workers] = times;
  }
}
console.log(`${tasks} tasks on ${availableParallelism()} cores, load average ${loadavg()[0].toFixed(1)}`);
for (const [workers, { wall, cpu }] of Object.entries(best))
  console.log(`${workers} worker threads: ${wall.toFixed(1)} s, CPU ${cpu.toFixed(1)} s`);
const ratio = best[1].wall / best[2].wall;
console.log(`ratio of wall times ${ratio.toFixed(2)}${ratio >= TARGET ? '' : ' !'} (target ${TARGET})`);
// What the machine's other work cannot hide: two workers that need no more CPU than one are twice as fast where there are two cores.
console.log(`CPU of two workers against one ${(best[2].cpu / best[1].cpu).toFixed(2)}`);
process.exitCode = ratio >= TARGET ? 0 : 1;
