/**
 * Fits the CPU parameters of kube-apiserver (src/components/kube-apiserver/request-costs.parameters.ts) to data/measured and prints them with the residuals
 * and with the error of each family when it is left out of the fit.
 *
 *   node bench/fit-apiserver-cpu.mjs
 *
 * Codec rates come from objects/summary.csv. One linear model covers all requests: fixed part of the verb, codec work on the bytes, work of writes that grows
 * with the object, objects that a list scans and returns, and the server's own load, which each request carries in the share of the time it took.
 * priority_and_fairness.csv is left out: it does not say how large its pods were, and its LISTs are a third cheaper than those of list.csv.
 * Coefficients are not negative and least in the sum of absolute relative errors (reweighted least squares), because single windows repeat to 10-30 % only.
 */
import { readFileSync } from 'node:fs';

const data = new URL('../data/measured/', import.meta.url);

/** Rows of a CSV file as objects; quoted fields may hold commas. */
function rowsOf(file) {
  const [head, ...lines] = readFileSync(new URL(file, data), 'utf8').trim().split('\n');
  const names = head.split(',');
  return lines.map((line) => {
    const fields = line.match(/("([^"]|"")*"|[^,]*)(,|$)/g).map((field) => field.replace(/,$/, ''));
    return Object.fromEntries(names.map((name, index) => [name, fields[index]]));
  });
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

// ---- codec rates: ns per byte of the encoding ------------------------------------------------------------------------------------

const objects = rowsOf('objects/summary.csv').filter((row) => Number(row.json_bytes) >= 1000);
const rate = (time, bytes) => median(objects.map((row) => (1000 * Number(row[time])) / Number(row[bytes])));
const codec = {
  jsonEncode: rate('go_json_enc_us', 'json_bytes'),
  jsonDecode: rate('go_json_dec_us', 'json_bytes'),
  protobufEncode: rate('go_proto_enc_us', 'proto_bytes'),
  protobufDecode: rate('go_proto_dec_us', 'proto_bytes'),
};
const jsonPerProtobuf = median(objects.map((row) => Number(row.json_bytes) / Number(row.proto_bytes)));

// ---- the linear model --------------------------------------------------------------------------------------------------------------

/** Sizes of the measured objects [B]: list.csv gives both encodings of the pod; watch_fanout.csv the ConfigMap's event; summary.csv the Lease. */
const pod = { json: 1802, protobuf: 1184 };
const configMap = { json: 950, protobuf: 950 / jsonPerProtobuf };
const lease = { json: 543, protobuf: 313 };

/**
 * What the collector of the heap adds to each piece of work in the long run: every byte that is allocated has, at GOGC = 100, one byte marked for it
 * (kubeApiserver.allocation x host.goMarkCpu = 0.35), less what is allocated during a cycle and so counts as alive. Single windows hold more or less of it.
 */
const COLLECTION = 0.3;
/** CPU of taking over one change into the watch cache (kubeApiserver.watchProcessService) [us]. */
const CHANGE_CPU = 60;

/** A point: its family, what was measured without collections [us], and how often each coefficient counts; `changes`: what it makes in etcd. */
const points = [];
function point(family, label, measured, terms, changes = 0) {
  if (!Number.isFinite(measured) || measured <= 0) return;
  points.push({ family, label, measured: measured / (1 + COLLECTION) - changes * CHANGE_CPU, terms });
}

/**
 * Terms of a write of an object: the body (JSON) is decoded, the object stored in protobuf, the answer encoded in JSON; validation, field management and
 * comparing grow with the stored bytes; the process's own load is charged to the requests of the window.
 */
const write = (verb, { json, protobuf }, body, rps) => ({
  [verb]: 1,
  jsonDecode: body / 1000,
  protobufEncode: protobuf / 1000,
  jsonEncode: json / 1000,
  writePerByte: protobuf / 1000,
  background: 1e6 / Number(rps),
});

for (const variant of ['disk', 'disk_rep2']) {
  const rows = rowsOf('kubernetes/crud.csv').filter((row) => row.variant === variant);
  for (const { op, rps, conc, api_cpu_us } of rows.slice(2)) {
    const terms = {
      create: () => write('create', pod, pod.json, rps),
      update: () => write('update', pod, pod.json, rps),
      patch: () => write('patch', pod, 0, rps),
      statuspatch: () => write('statusPatch', pod, 0, rps),
      delete: () => ({ delete: 1, background: 1e6 / Number(rps) }),
      get: () => ({
        get: 1,
        protobufDecode: pod.protobuf / 1000,
        jsonEncode: pod.json / 1000,
        background: 1e6 / Number(rps),
      }),
    }[op]();
    point(`crud ${op}`, `${conc} clients`, Number(api_cpu_us), terms, { get: 0, delete: 2 }[op] ?? 1);
  }
}
for (const row of rowsOf('kubernetes/lease_renewals.csv')) {
  point('lease renewals', `${row.nodes} nodes`, Number(row.api_cpu_us), write('update', lease, lease.json, row.rps), 1);
}
for (const file of ['kubernetes/conflicts.csv', 'kubernetes/conflicts_rep2.csv']) {
  for (const row of rowsOf(file).filter(({ k, mode }) => k === '1' && mode !== 'getput')) {
    const verb = row.mode === 'patch' ? 'patch' : 'update';
    const body = verb === 'patch' ? 0 : configMap.json;
    point(`ConfigMap ${verb}`, file, Number(row.api_cpu_us_per_req), write(verb, configMap, body, row.goodput), 1);
  }
}
for (const file of ['kubernetes/watch_fanout.csv', 'kubernetes/watch_fanout_rep2.csv']) {
  for (const row of rowsOf(file)) {
    point(
      `watch fan-out ${row.label}`,
      `${row.watchers} watchers`,
      Number(row.api_cpu_us_per_write),
      {
        ...write('patch', configMap, 0, row.target_rate),
        watchEvent: Number(row.events_seen) / Number(row.writes),
      },
      1,
    );
  }
}

/** Terms of a LIST: what it scans and what it returns. */
function listTerms(row, family) {
  const scanned = family.startsWith('limit500') ? 500 : Number(row.pods);
  const returned = family.endsWith('field') ? 0.01 * scanned : family.endsWith('label') ? 0.1 * scanned : scanned;
  const bytes = row.bytes === undefined ? returned * pod.json : Number(row.bytes);
  const fromStore = !family.includes('rv0');
  const byIndex = family === 'rv0_json_field';
  return {
    list: 1,
    listScanned: byIndex ? returned : scanned,
    listReturned: returned,
    [family.includes('_pb') ? 'protobufEncode' : 'jsonEncode']: bytes / 1000,
    ...(fromStore ? { protobufDecode: (scanned * pod.protobuf) / 1000 } : {}),
  };
}
for (const row of rowsOf('kubernetes/list.csv')) {
  point(`list ${row.kind}`, `${row.pods} pods`, 1000 * Number(row.api_cpu_ms), listTerms(row, row.kind));
}
for (const row of rowsOf('kubernetes/list_concurrent.csv')) {
  point(
    `concurrent ${row.kind}`,
    `${row.pods} pods, ${row.conc} clients`,
    1000 * Number(row.api_cpu_ms),
    listTerms(row, row.kind),
  );
}

/** Reweightings, sweeps of each, and the relative error below which a point counts as met. */
const ROUNDS = 30;
const SWEEPS = 200;
const NOISE = 0.03;

// ---- fitting -----------------------------------------------------------------------------------------------------------------------

/** Least absolute relative error with coefficients of 0 or more: coordinate descent within reweighting. `known` coefficients stay as they are. */
function fitTo(subset, known) {
  const names = [...new Set(subset.flatMap(({ terms }) => Object.keys(terms)))].filter((name) => !(name in known));
  const x = { ...Object.fromEntries(names.map((name) => [name, 0])), ...known };
  const predict = ({ terms }) => Object.entries(terms).reduce((sum, [name, count]) => sum + x[name] * count, 0);
  let weights = subset.map(({ measured }) => 1 / measured ** 2);
  for (let round = 0; round < ROUNDS; round++) {
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      for (const name of names) {
        let above = 0;
        let below = 0;
        subset.forEach((each, index) => {
          const count = each.terms[name] ?? 0;
          if (count === 0) return;
          above += weights[index] * count * (each.measured - predict(each) + x[name] * count);
          below += weights[index] * count * count;
        });
        x[name] = Math.max(0, above / below);
      }
    }
    weights = subset.map((each) => {
      const relative = Math.abs(predict(each) / each.measured - 1);
      return 1 / (each.measured ** 2 * Math.max(relative, NOISE));
    });
  }
  return { x, predict };
}

/**
 * First the LISTs, which move most bytes, tell the rates of the codec inside the server; decoding JSON, which no LIST does, has the bare codec's rate times
 * the median of what the others take more than theirs. With these known, the rest follows from the other requests.
 */
function leastSquares(subset) {
  const lists = fitTo(
    subset.filter(({ terms }) => 'list' in terms),
    {},
  ).x;
  const overheads = ['jsonEncode', 'protobufEncode', 'protobufDecode'].map((name) => lists[name] / codec[name]);
  const { x } = fitTo(
    subset.filter(({ terms }) => !('list' in terms)),
    { ...lists, jsonDecode: codec.jsonDecode * median(overheads) },
  );
  const predict = ({ terms }) => Object.entries(terms).reduce((sum, [name, count]) => sum + x[name] * count, 0);
  return { x, predict };
}

const show = (value) => value.toPrecision(3).padStart(9);
console.log('Codec rates of objects/summary.csv [ns/B]');
for (const [name, value] of Object.entries(codec)) console.log(`  ${name.padEnd(16)}${show(value)}`);
console.log(`  ${'json/protobuf'.padEnd(16)}${show(jsonPerProtobuf)}\n`);

const all = leastSquares(points);
console.log('Coefficients (us for fixed parts and per object, ns/B for rates, cores for the background)');
for (const [name, value] of Object.entries(all.x)) console.log(`  ${name.padEnd(16)}${show(value)}`);

console.log('\nResiduals: predicted | measured [us] | ratio');
for (const each of points) {
  const predicted = all.predict(each);
  console.log(
    `  ${each.family.padEnd(30)} ${each.label.padEnd(34)}${show(predicted)} |${show(each.measured)} |${show(predicted / each.measured)}`,
  );
}

console.log('\nBy family: median ratio with it in the fit | left out of the fit');
for (const family of new Set(points.map((each) => each.family))) {
  const own = points.filter((each) => each.family === family);
  const rest = leastSquares(points.filter((each) => each.family !== family));
  const known = own.every(({ terms }) => Object.keys(terms).every((name) => name in rest.x));
  const ratio = ({ predict }) => median(own.map((each) => predict(each) / each.measured));
  console.log(
    `  ${family.padEnd(30)}${show(ratio(all))} |${known ? show(ratio(rest)) : '   only this family tells its fixed part'}`,
  );
}
const ratios = points.map((each) => all.predict(each) / each.measured);
const within = ratios.filter((value) => value > 0.66 && value < 1.5).length;
console.log(
  `\n${points.length} points: median error ${show(median(ratios.map((value) => Math.abs(value - 1))))}, ${within} within 0.66..1.5`,
);
