/**
 * CSV files of jobs, as traces of batch systems are easily brought into: name, arrival, duration, requests, and optionally tasks, gang size,
 * queue, priority and class. They become a table of a scheduling cell, whose nodes hold all jobs at their peak if none has to wait.
 */
import { nearestName, PlimsollError } from '../errors/index.ts';
import { readOrExplain } from '../scenario/index.ts';
import { NS_PER_SECOND, parseBytes, parseDuration, parseMilliCpu } from '../units/index.ts';
import { type CsvCell, type CsvTable, readCsv } from './csv-table.ts';
import type { Imported, ImportFormat, ImportRequest } from './import-format.ts';
import { peakDemand } from './peak-demand.ts';
import { Remarks } from './remarks.ts';
import { scenarioText } from './scenario-text.ts';

/** Columns by what they hold, each with the names under which it is found; blanks, "_" and capitals make no difference. */
const COLUMNS = {
  name: ['name', 'job', 'jobname', 'id', 'jobid'],
  arrival: ['arrival', 'arrivaltime', 'submit', 'submittime'],
  duration: ['duration', 'runtime'],
  requests: ['requests', 'request'],
  cpu: ['cpu'],
  memory: ['memory', 'mem'],
  gpus: ['gpus', 'gpu'],
  tasks: ['tasks', 'replicas'],
  gang: ['gang', 'gangsize'],
  queue: ['queue'],
  priority: ['priority'],
  class: ['class'],
} as const;

/** What a column may hold. */
type Column = keyof typeof COLUMNS;

/** A job of the file. */
export interface ImportedJob {
  readonly name: string;
  /** [s] since the first. */
  readonly arrival: number;
  /** [s]; undefined = it never ends by itself. */
  readonly duration: number | undefined;
  readonly tasks: number;
  /** Of each task [milli-CPU, B, GPUs]. */
  readonly cpu: number;
  readonly memory: number;
  readonly gpus: number;
  readonly gang: number;
  readonly queue: string;
  readonly priority: number;
  readonly className: string;
}

/** Time for jobs that waited to end in [s]. */
const SLACK = 60;
const BYTES_PER_MEBIBYTE = 2 ** 20;
/** Name of GPUs among requests. */
const GPU = 'nvidia.com/gpu';

export const jobs: ImportFormat = {
  help: 'jobs with name, arrival, duration and requests, as a workload of a scheduling cell',
  input: 'a CSV file',
  read: importJobs,
};

function importJobs(request: ImportRequest): Imported {
  const { files, input, workload, scenarioName } = request;
  if (workload !== undefined) {
    throw new PlimsollError('P102', {
      message: `${input} holds one workload`,
      expected: 'no --workload',
      fix: 'remove --workload',
    });
  }
  const remarks = new Remarks();
  const read = readJobs(readCsv(input, readOrExplain(files, input)), remarks);
  const table = `${scenarioName}-jobs.csv`;
  const { nodes, ...node } = nodesFor(read);
  const last = greatest(read, ({ arrival }) => arrival);
  const longest = greatest(read, ({ duration }) => duration ?? 0);
  const end = Math.ceil(last + longest) + SLACK;
  remarks.say(
    'nodes: a guess, as many as hold all jobs at their peak if none waits; set the param nodes to what you have',
  );
  const spec = {
    model: 'schedulingCell',
    until: `${end + SLACK}s`,
    params: { nodes },
    schedulers: [{ name: 'default-scheduler', algorithm: 'first-fit' }],
    operations: [
      { createNodes: { count: '$nodes', ...node } },
      { submitJobs: { name: 'jobs', from: table, order: 'traced', measure: true } },
      // Jobs come beside the operations; the run ends once the last of them could have ended.
      { sleep: `${end}s` },
    ],
    experiment: {
      variants: Object.fromEntries(
        ['first-fit', 'best-fit', 'random-fit'].map((algorithm) => [
          algorithm,
          { 'schedulers.default-scheduler.algorithm': algorithm },
        ]),
      ),
    },
  };
  const question = `How long do the ${read.length.toLocaleString('en-US')} jobs of ${baseName(input)} wait, and which fit packs them best?`;
  const scenario = scenarioText({ name: scenarioName, question, remarks: remarks.list(), spec });
  return { scenario, files: [{ name: table, text: tableOf(read) }], notes: remarks.list() };
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** The greatest of a number of each job; traces are too long to be arguments. */
function greatest(read: readonly ImportedJob[], of: (job: ImportedJob) => number): number {
  return read.reduce((most, job) => Math.max(most, of(job)), 0);
}

// ---- reading -------------------------------------------------------------------------------------------------------------------------

/** The jobs of a table. Throws a coded error at the cell that is wrong. */
function readJobs(table: CsvTable, remarks: Remarks): ImportedJob[] {
  const places = placesOf(table, remarks);
  const jobsRead = table.rows.map((cells, row) => readJob(new Row(cells, places, table), row));
  const first = jobsRead.reduce((least, { arrival }) => Math.min(least, arrival), Number.POSITIVE_INFINITY);
  return jobsRead.map((job) => ({ ...job, arrival: job.arrival - first }));
}

/** Where each column stands; columns that mean nothing are remarked. */
function placesOf({ columns }: CsvTable, remarks: Remarks): ReadonlyMap<Column, number> {
  const places = new Map<Column, number>();
  columns.forEach(({ text, position }, place) => {
    const plain = text.toLowerCase().replaceAll(/[\s_-]/g, '');
    const column = (Object.keys(COLUMNS) as Column[]).find((name) =>
      (COLUMNS[name] as readonly string[]).includes(plain),
    );
    if (column === undefined) {
      remarks.without(`column ${text}`);
    } else if (places.has(column)) {
      throw new PlimsollError('P209', { message: `there are two columns for ${column}`, position, fix: 'keep one' });
    } else {
      places.set(column, place);
    }
  });
  const missing = (['name', 'arrival'] as const).find((column) => !places.has(column));
  const hasRequests = ['requests', 'cpu'].some((column) => places.has(column as Column));
  if (missing === undefined && hasRequests) return places;
  const wanted = missing ?? 'requests';
  throw new PlimsollError('P205', {
    message: `there is no column ${wanted}`,
    position: columns[0]?.position,
    expected: 'name, arrival, duration, requests, tasks, gang size, queue, priority, class',
    nearest: nearestName(
      wanted,
      columns.map(({ text }) => text),
    ),
  });
}

/** One row, by columns. */
class Row {
  private readonly cells: readonly CsvCell[];
  private readonly places: ReadonlyMap<Column, number>;
  private readonly table: CsvTable;

  constructor(cells: readonly CsvCell[], places: ReadonlyMap<Column, number>, table: CsvTable) {
    this.cells = cells;
    this.places = places;
    this.table = table;
  }

  /** The cell of a column; undefined where nothing is written. */
  cell(column: Column): CsvCell | undefined {
    const place = this.places.get(column);
    const cell = place === undefined ? undefined : this.cells[place];
    return cell?.text === '' ? undefined : cell;
  }

  /** What a cell means; `fallback` where nothing is written. */
  value<T>(column: Column, expected: string, parse: (text: string) => T | undefined, fallback?: T): T {
    const cell = this.cell(column);
    if (cell === undefined) {
      if (fallback !== undefined) return fallback;
      const position = this.cells[this.places.get(column) ?? 0]?.position ?? this.cells[0]?.position;
      const name = this.table.columns[this.places.get(column) ?? 0]?.text ?? column;
      throw new PlimsollError('P205', { message: `${name} is empty`, position, expected });
    }
    const value = parse(cell.text);
    if (value !== undefined) return value;
    throw wrongCell(cell, column, expected);
  }
}

function wrongCell({ text, position }: CsvCell, column: Column, expected: string): PlimsollError {
  return new PlimsollError('P204', { message: `${column} "${text}" cannot be understood`, position, expected });
}

function readJob(row: Row, index: number): ImportedJob {
  const requests = requestsOf(row);
  const duration = row.cell('duration') === undefined ? undefined : row.value('duration', SPAN, secondsOf);
  const gang = row.value('gang', 'a whole number, 0 = none', (text) => (text === '0' ? 0 : countOf(text)), 0);
  // Where only the gang is counted, it is the job.
  const tasks = row.value('tasks', COUNT, countOf, Math.max(1, gang));
  if (gang > tasks) throw wrongCell(row.cell('gang') as CsvCell, 'gang', `at most the ${tasks} tasks of the job`);
  return {
    name: row.value('name', 'a name', (text) => text, `job-${index + 1}`),
    arrival: row.value('arrival', SPAN, secondsOf),
    duration,
    tasks,
    gang,
    queue: row.value('queue', 'a name', (text) => text, ''),
    priority: row.value('priority', 'a whole number', wholeOf, 0),
    className: row.value('class', 'a name', (text) => text, ''),
    ...requests,
  };
}

const SPAN = 'seconds, or a duration such as 5m';
const COUNT = 'a whole number above 0';

/** A number of seconds, or a duration with its unit. */
function secondsOf(text: string): number | undefined {
  if (/^\d+\.?\d*(e\d+)?$/i.test(text)) return Number(text);
  const span = parseDuration(text);
  return span === undefined ? undefined : span / NS_PER_SECOND;
}

function wholeOf(text: string): number | undefined {
  return /^-?\d+$/.test(text) ? Number(text) : undefined;
}

function countOf(text: string): number | undefined {
  const value = wholeOf(text);
  return value !== undefined && value > 0 ? value : undefined;
}

/** What a task asks for: "cpu=500m;memory=1Gi" under requests, or columns of its own. */
function requestsOf(row: Row): Pick<ImportedJob, 'cpu' | 'memory' | 'gpus'> {
  const cell = row.cell('requests');
  if (cell === undefined) {
    return {
      cpu: row.value('cpu', 'a quantity, such as 500m', parseMilliCpu),
      memory: row.value<number>('memory', 'a quantity, such as 1Gi', parseBytes, 0),
      gpus: row.value('gpus', 'a whole number', wholeOf, 0),
    };
  }
  const amounts = { cpu: 0, memory: 0, gpus: 0 };
  for (const pair of cell.text.split(/[;,]/)) {
    const [name = '', text = ''] = pair.split(/[=:]/).map((part) => part.trim());
    const key = name === GPU || name === 'gpu' ? 'gpus' : name;
    const parse = { cpu: parseMilliCpu, memory: parseBytes, gpus: wholeOf }[key];
    const value = parse?.(text);
    if (value === undefined) throw wrongCell(cell, 'requests', `cpu=500m;memory=1Gi;${GPU}=1, separated by ";" or ","`);
    amounts[key as keyof typeof amounts] = value;
  }
  return amounts;
}

// ---- writing -------------------------------------------------------------------------------------------------------------------------

/** Size of the nodes that are guessed: a common large one. */
const NODE = { cpu: 32_000, memory: 128 * 2 ** 30, gpus: 8 } as const;

/** As many nodes as hold the peak, each as large as the largest task at least. */
function nodesFor(read: readonly ImportedJob[]): { nodes: number; allocatable: object; gpus?: object } {
  const most = (of: (job: ImportedJob) => number): number => Math.max(0, ...read.map(of));
  const cpu = Math.max(
    NODE.cpu,
    most((job) => job.cpu),
  );
  const memory = Math.max(
    NODE.memory,
    most((job) => job.memory),
  );
  const gpus =
    most((job) => job.gpus) === 0
      ? 0
      : Math.max(
          NODE.gpus,
          most((job) => job.gpus),
        );
  const peak = peakDemand(read);
  const shares = [peak.cpu / cpu, peak.memory / memory, gpus === 0 ? 0 : peak.gpus / gpus];
  return {
    nodes: Math.max(1, Math.ceil(Math.max(...shares))),
    allocatable: { cpu: `${cpu}m`, memory: `${Math.ceil(memory / BYTES_PER_MEBIBYTE)}Mi`, pods: 1000 },
    ...(gpus === 0 ? {} : { gpus: { count: gpus } }),
  };
}

/** The table as submitJobs reads it. */
function tableOf(read: readonly ImportedJob[]): string {
  const header = 'name,class,arrival_s,duration_s,tasks,cpu_milli,memory_mib,gpus,gang,queue,priority';
  const rows = read.map((job) => {
    const { name, className, arrival, duration, tasks, cpu, memory, gpus, gang, queue, priority } = job;
    const cells = [
      name,
      className,
      arrival,
      duration ?? '',
      tasks,
      cpu,
      memory / BYTES_PER_MEBIBYTE,
      gpus,
      gang,
      queue,
    ];
    return [...cells, priority].map(quoted).join(',');
  });
  return `${[header, ...rows].join('\n')}\n`;
}

function quoted(cell: string | number): string {
  const text = String(cell);
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
