/**
 * Jobs and nodes as CSV tables, with a header that names the columns. `plimsoll import` writes them, and any trace is easily brought into this form.
 *
 * Jobs: name, cpu_milli, memory_mib; optional class, arrival_s, duration_s, tasks, gpus, gpu_milli, gpu_models (A|B), gang, queue, priority, scheduler.
 * Nodes: name, cpu_milli, memory_mib; optional gpus, gpu_model, zone, rank (place in a fixed order of all nodes, by which ties may be broken).
 * The columns of Alibaba's GPU traces (sn, num_gpu, gpu, gpu_spec, model, creation_time, deletion_time) do for ours; their times count where jobs come
 * as they were traced.
 */
import { type GpuRequest, LABEL_ZONE, type NodeSpecification } from '../cluster/index.ts';
import { PlimsollError } from '../errors/index.ts';
import { type CsvRow, csvRows } from '../manifests/index.ts';
import {
  BYTES_PER_MEBIBYTE,
  type Bytes,
  bytes,
  type MilliCpu,
  milliCpu,
  type Nanoseconds,
  seconds,
} from '../units/index.ts';
import { MAXIMUM_GPUS } from './gpu-form.ts';

/** One job of a table. */
export interface TableJob {
  readonly name: string;
  readonly className: string | undefined;
  readonly arrival: Nanoseconds | undefined;
  /** Undefined = it never ends by itself. */
  readonly duration: Nanoseconds | undefined;
  /** Instants of a trace at which it came and went; undefined = not told. */
  readonly traced: { readonly from: Nanoseconds; readonly to: Nanoseconds } | undefined;
  readonly tasks: number;
  readonly cpu: MilliCpu;
  readonly memory: Bytes;
  readonly gpu: GpuRequest | undefined;
  readonly gang: number;
  readonly queue: string | undefined;
  readonly priority: number;
  readonly scheduler: string | undefined;
}

/** One node of a table. */
export interface TableNode {
  readonly name: string;
  readonly specification: NodeSpecification;
  readonly rank: number | undefined;
}

/** Thousandths of a whole GPU. */
const WHOLE_GPU = 1000;
/** Line of the first row: the header is line 1. */
const FIRST_LINE = 2;
const MOST = Number.MAX_SAFE_INTEGER;

/** Columns of Alibaba's traces (alibaba/clusterdata cluster-trace-gpu-v2023) that mean what a column of ours does. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  name: ['sn'],
  gpus: ['num_gpu', 'gpu'],
  gpu_models: ['gpu_spec'],
  gpu_model: ['model'],
};

/** Reads rows of one file, naming file and line in what is wrong. */
class RowReader {
  private readonly file: string;
  private readonly row: CsvRow;
  private readonly line: number;

  constructor(file: string, row: CsvRow, line: number) {
    this.file = file;
    this.row = row;
    this.line = line;
  }

  /** A text; "" and a missing column are undefined. */
  text(name: string): string | undefined {
    const own = this.row[name];
    const column = own === undefined ? OTHER_NAMES[name]?.find((other) => this.row[other] !== undefined) : name;
    const value = column === undefined ? undefined : this.row[column]?.trim();
    return value === '' ? undefined : value;
  }

  /** A text that must be there. */
  required(name: string): string {
    return this.text(name) ?? this.fail('P205', `${name} is missing`, `a column ${name} with a value in each row`);
  }

  /** A number within bounds; `fallback` where nothing is written. */
  number(name: string, least: number, most: number, fallback?: number): number {
    const text = fallback === undefined ? this.required(name) : this.text(name);
    if (text === undefined) return fallback as number;
    const value = Number(text);
    if (Number.isNaN(value)) return this.fail('P204', `${name} is no number: ${text}`, 'a number');
    if (value < least || value > most)
      return this.fail('P206', `${name} is out of range: ${text}`, `from ${least} to ${most}`);
    return value;
  }

  /** A whole number within bounds. */
  whole(name: string, least: number, most: number, fallback?: number): number {
    const value = this.number(name, least, most, fallback);
    return Number.isInteger(value)
      ? value
      : this.fail('P204', `${name} is no whole number: ${value}`, 'a whole number');
  }

  /** A span given in seconds; undefined where nothing is written. */
  span(name: string): Nanoseconds | undefined {
    return this.text(name) === undefined ? undefined : seconds(this.number(name, 0, MOST));
  }

  private fail(code: 'P204' | 'P205' | 'P206', message: string, expected: string): never {
    throw new PlimsollError(code, { message, expected, position: { file: this.file, line: this.line, column: 1 } });
  }
}

/** The jobs of a table. Throws a coded error that names the line. */
export function readJobTable(file: string, text: string): readonly TableJob[] {
  return rowsOf(file, text).map((row) => ({
    name: row.required('name'),
    className: row.text('class'),
    arrival: row.span('arrival_s'),
    duration: row.span('duration_s'),
    traced: tracedOf(row),
    tasks: row.whole('tasks', 1, MOST, 1),
    cpu: milliCpu(row.number('cpu_milli', 0, MOST)),
    memory: bytes(row.number('memory_mib', 0, MOST) * BYTES_PER_MEBIBYTE),
    gpu: gpuOf(row),
    gang: row.whole('gang', 0, MOST, 0),
    queue: row.text('queue'),
    priority: row.whole('priority', -MOST, MOST, 0),
    scheduler: row.text('scheduler'),
  }));
}

/** The nodes of a table, with so many pods each. Throws a coded error that names the line. */
export function readNodeTable(file: string, text: string, pods: number): readonly TableNode[] {
  return rowsOf(file, text).map((row) => {
    const gpus = row.whole('gpus', 0, MAXIMUM_GPUS, 0);
    const zone = row.text('zone');
    return {
      name: row.required('name'),
      specification: {
        allocatable: {
          cpu: milliCpu(row.number('cpu_milli', 0, MOST)),
          memory: bytes(row.number('memory_mib', 0, MOST) * BYTES_PER_MEBIBYTE),
          ephemeralStorage: bytes(0),
          extended: {},
        },
        pods,
        labels: zone === undefined ? {} : { [LABEL_ZONE]: zone },
        taints: [],
        unschedulable: false,
        ...(gpus === 0 ? {} : { gpus: { count: gpus, model: row.text('gpu_model') ?? '' } }),
      },
      rank: row.text('rank') === undefined ? undefined : row.whole('rank', 0, MOST),
    };
  });
}

function rowsOf(file: string, text: string): readonly RowReader[] {
  const rows = csvRows(text);
  if (rows.length > 0) return rows.map((row, index) => new RowReader(file, row, index + FIRST_LINE));
  const position = { file, line: 1, column: 1 };
  throw new PlimsollError('P205', {
    message: 'the table holds no row',
    expected: 'a header and one row or more',
    position,
  });
}

function tracedOf(row: RowReader): TableJob['traced'] {
  const [from, to] = [row.span('creation_time'), row.span('deletion_time')];
  return from === undefined || to === undefined || to < from ? undefined : { from, to };
}

function gpuOf(row: RowReader): GpuRequest | undefined {
  const gpus = row.whole('gpus', 0, MAXIMUM_GPUS, 0);
  if (gpus === 0) return undefined;
  const milli = Math.min(row.whole('gpu_milli', 1, MOST, WHOLE_GPU), WHOLE_GPU);
  const models = row.text('gpu_models')?.split('|') ?? [];
  return { count: milli < WHOLE_GPU ? 1 : gpus, milli, models };
}
