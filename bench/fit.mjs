/**
 * Fits the service times of etcd to the measured families of data/measured/etcd, by coordinate search over the validation cases: each parameter in turn is
 * tried larger and smaller by a step; what lowers the error is kept; when nothing does, the step is halved. Then every family is left out once, the others
 * are fitted, and the error of the one that was not seen is told: a fit that only describes what it has seen shows there.
 *
 *     npm run build
 *     node bench/fit.mjs                         # the fit and the table of what was left out: many minutes
 *     node bench/fit.mjs --every 4 --rounds 3    # every fourth point, three rounds
 *     node bench/fit.mjs --no-leave-out          # the fit alone
 *     node bench/fit.mjs --only etcd.entryCpu,etcd.syncReturn   # these parameters alone
 *
 * It prints; it changes no file. Whoever takes a value over writes it, with this script as its source, into the parameters of the component.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { parameterRegistry } from '../dist/index.js';
import { median, pointsOf, predictAll } from '../dist/validation/index.js';

/** Families that are fitted: those whose points say something about the service times, with 1 to 512 clients. */
const FAMILIES = [
  'etcd-put-grid',
  'etcd-put-slow-fsync',
  'etcd-cluster-put',
  'etcd-open-loop',
  'etcd-get-grid',
  'etcd-range-grid',
  'etcd-lease-keepalive',
  'etcd-cas-grid',
];
/** Parameters that are fitted: service times of mechanisms, nothing that belongs to one family. */
const PARAMETERS = [
  'etcd.requestCpu',
  'etcd.requestCpuPerByte',
  'etcd.answerCpu',
  'etcd.entryCpu',
  'etcd.entryCpuPerByte',
  'etcd.batchCpu',
  'etcd.syncCpu',
  'etcd.syncReturn',
  'etcd.syncSystemCpu',
  'etcd.applyService',
  'etcd.sendCpu',
  'etcd.followerBatchCpu',
  'etcd.followerEntryCpu',
  'etcd.heapBase',
  'etcd.allocation',
  'etcd.readCpu',
  'etcd.readRoundCpu',
  'etcd.rangeServicePerKey',
  'etcd.indexVisit',
  'etcd.walSync',
  'etcd.walSyncPerByte',
  'etcd.keepAliveCpu',
  'etcd.keepAliveBatchCpu',
  'etcd.backendCommitPerPage',
  'etcd.backendCommitPerOperation',
  'host.wakeUpCpu',
  'host.wakeUpHalf',
  'host.spinCpu',
];
/** Figures of points that are left out: the batch follows from the rest. */
const UNFITTED = new Set(['batch']);
/** First and last step, as factors. */
const FIRST_STEP = 1.6;
const LAST_STEP = 1.05;
/** No figure counts for more than a factor of four. */
const MOST_ERROR = Math.log(4);

const { values } = parseArgs({
  options: {
    every: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '12' },
    workers: { type: 'string', default: String(availableParallelism()) },
    'leave-out': { type: 'boolean', default: true },
    only: { type: 'string', default: PARAMETERS.join(',') },
  },
  allowNegative: true,
});
const every = Number(values.every);
const rounds = Number(values.rounds);
const workers = Number(values.workers);

const readData = (file) => readFileSync(new URL(`../data/${file}`, import.meta.url), 'utf8');
const points = new Map(FAMILIES.map((name) => [name, pointsOf(name, readData).filter((_, i) => i % every === 0)]));

/** Parameters that are fitted in this run. */
const paths = values.only.split(',');

/** The default of a parameter, in its plain form. */
function defaultOf(path) {
  const [component, name] = path.split('.');
  const parameter = parameterRegistry[component]?.[name];
  if (parameter === undefined) throw new RangeError(`there is no parameter ${path}`);
  return parameter.default;
}

/** A value that is `factor` times another: every span of a distribution, or the number itself. */
function scaled(value, factor) {
  if (typeof value === 'number') return value * factor;
  const spans = Object.entries(value).map(([key, one]) => [
    key,
    typeof one === 'number' && key !== 'alpha' && key !== 'shape' ? one * factor : one,
  ]);
  return Object.fromEntries(spans);
}

/** Mean of |ln ratio| over the figures of each family. */
async function errorsOf(names, overrides) {
  const tasks = names.flatMap((name) => points.get(name).map((point) => ({ name, point })));
  const predictions = await predictAll(
    tasks.map(({ name, point }) => ({ case: name, conditions: point.conditions, overrides })),
    workers,
  );
  const sums = new Map(names.map((name) => [name, []]));
  for (const [i, { name, point }] of tasks.entries()) {
    for (const { metric, value } of point.references) {
      const predicted = predictions[i][metric];
      if (UNFITTED.has(metric) || predicted === undefined) continue;
      const error = predicted > 0 ? Math.abs(Math.log(predicted / value)) : MOST_ERROR;
      sums.get(name).push(Math.min(MOST_ERROR, error));
    }
  }
  return new Map([...sums].map(([name, errors]) => [name, errors]));
}

const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
/** Every family counts the same, however many points it has. */
const total = (errors) => mean([...errors.values()].map(mean));

/** Coordinate search; returns factors by parameter. */
async function search(names, tell) {
  const factors = Object.fromEntries(paths.map((path) => [path, 1]));
  const valuesOf = (of) => Object.fromEntries(paths.map((path) => [path, scaled(defaultOf(path), of[path])]));
  let best = total(await errorsOf(names, valuesOf(factors)));
  tell(`start ${best.toFixed(4)}`);
  let step = FIRST_STEP;
  for (let round = 1; round <= rounds && step >= LAST_STEP; round++) {
    let improved = false;
    for (const path of paths) {
      for (const factor of [step, 1 / step]) {
        const tried = { ...factors, [path]: factors[path] * factor };
        const error = total(await errorsOf(names, valuesOf(tried)));
        if (error >= best) continue;
        best = error;
        factors[path] = tried[path];
        improved = true;
        break;
      }
    }
    tell(`round ${round}, step ${step.toFixed(3)}: ${best.toFixed(4)}`);
    if (!improved) step = Math.sqrt(step);
  }
  return { factors, values: valuesOf(factors), error: best };
}

const percent = (error) => `${((Math.exp(error) - 1) * 100).toFixed(0)} %`;
const row = (cells) => `${cells.map((cell, i) => (i === 0 ? cell.padEnd(24) : cell.padStart(16))).join('')}\n`;

const before = await errorsOf(FAMILIES, {});
const all = await search(FAMILIES, (text) => process.stderr.write(`fit: ${text}\n`));
const after = await errorsOf(FAMILIES, all.values);
process.stdout.write('Fitted to all families:\n');
for (const [path, value] of Object.entries(all.values)) {
  process.stdout.write(
    row([
      path,
      `x ${all.factors[path].toFixed(2)}`,
      typeof value === 'number' ? value.toFixed(1) : JSON.stringify(value),
    ]),
  );
}
process.stdout.write('\nMedian error of a family: with the defaults, fitted, and fitted to all others.\n');
process.stdout.write(row(['family', 'defaults', 'fitted', 'left out']));
for (const name of FAMILIES) {
  let left = '';
  if (values['leave-out']) {
    const others = await search(
      FAMILIES.filter((other) => other !== name),
      (text) => process.stderr.write(`without ${name}: ${text}\n`),
    );
    left = percent(median((await errorsOf([name], others.values)).get(name)));
  }
  process.stdout.write(row([name, percent(median(before.get(name))), percent(median(after.get(name))), left]));
}
