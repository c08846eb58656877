/**
 * submitJobs: jobs come to a scheduling cell: at a pace and with sizes drawn from distributions, or as a table has them, until so many have come, a time is
 * over, or (inflation) they ask for a share of what the cell has.
 */
import { z } from 'zod';
import type { PodTemplate } from '../../cluster/index.ts';
import type { DistributionSpec } from '../../engine/index.ts';
import { PlimsollError } from '../../errors/index.ts';
import { isMap } from '../../manifests/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import { orderFilesSchema, readOrders } from '../arrival-order.ts';
import { distributionSchema, resolveDistribution } from '../distribution-form.ts';
import { gpuRequestSchema, resolveGpuRequest } from '../gpu-form.ts';
import { readJobTable, type TableJob } from '../job-table.ts';
import { countSchema } from '../number-form.ts';
import { resourcesSchema } from '../resources-form.ts';
import { severalForms, strictMap } from '../schema-parts.ts';
import { nameSchema, numberSchema, positiveDurationSchema, textSchema, wholeNumberSchema } from '../value-forms.ts';
import { type Arrivals, pacingShape, resolveArrivals } from './arrivals.ts';
import { operationKind } from './operation.ts';
import type { OperationContext } from './operation-context.ts';
import { makePodTemplate } from './pod-options.ts';

/** One job of a table. */
export interface JobRow extends Omit<TableJob, 'cpu' | 'memory' | 'gpu'> {
  readonly template: PodTemplate;
}

/** When jobs that inflate a cell are enough. */
export interface Inflation {
  readonly resource: 'cpu' | 'memory' | 'gpu';
  /** Share of the cell's capacity that all jobs so far ask for, placed or not. */
  readonly to: number;
}

/** Jobs to be submitted, resolved. */
export interface SubmitJobs {
  readonly kind: 'submitJobs';
  /** Name of the jobs, and their class where a table does not say another. */
  readonly name: string;
  /** Instant at which they begin to come, beside the list of operations; undefined = in its turn. */
  readonly at?: Nanoseconds;
  /** Most jobs; undefined = no such number. */
  readonly count: number | undefined;
  /** Span after which no more come; undefined = no such span. */
  readonly for: Nanoseconds | undefined;
  readonly inflate: Inflation | undefined;
  readonly arrivals: Arrivals;
  /** Jobs of a table; undefined = jobs are as described below. */
  readonly rows: readonly JobRow[] | undefined;
  /** How rows are taken: as listed, in an order drawn anew for each replication, each in its own time, or by number as files say. */
  readonly order: 'listed' | 'shuffled' | 'traced' | 'given';
  /** Numbers of rows in the order in which they come, a list for each replication in turn; empty unless the order is given. */
  readonly given: readonly (readonly number[])[];
  /** Tasks of a job: a distribution of numbers. */
  readonly tasks: DistributionSpec;
  readonly template: PodTemplate;
  /** How long tasks run; undefined = until the end of the run. */
  readonly duration: DistributionSpec | undefined;
  /** Whether all tasks of a job run as long, or each has a draw of its own. */
  readonly durationPer: 'job' | 'task';
  /** Share of what is requested that tasks use, in percent; undefined = all. */
  readonly usage: DistributionSpec | undefined;
  readonly priority: number;
  readonly queue: string;
  /** Tasks that must run together: a number, or all of a job. */
  readonly gang: number | 'all';
  /** Scheduler that is to place them; undefined = the first. */
  readonly scheduler: string | undefined;
  /** What schedulers need to think, in place of their own decision times. */
  readonly decisionTime: { readonly perJob: DistributionSpec; readonly perTask: DistributionSpec } | undefined;
  /** Whether they are placed at t = 0, before everything else. */
  readonly preload: boolean;
  /** Whether the statistics start with this operation. */
  readonly measure: boolean;
}

/** Most jobs of one operation, and tasks of one job. */
const MAXIMUM_JOBS = 100_000_000;
const MAXIMUM_TASKS = 1_000_000;
/** Highest priority that a user may give. */
const HIGHEST_PRIORITY = 1_000_000_000;
/** Most that a task may use of what it requests [%]. */
const MOST_USAGE = 1000;
/** Most that a cell may be asked for, as a multiple of what it has. */
const MOST_INFLATION = 100;
const PERCENT = 100;

const orderWord = z.enum(['listed', 'shuffled', 'traced']);
const gangSchema = z.union([wholeNumberSchema(0, MAXIMUM_TASKS), z.literal('all')]);
const targetSchema = z.union([
  textSchema('a share of what the cell has, such as 130%'),
  numberSchema(0, MOST_INFLATION),
]);

export const submitJobs = operationKind({
  help: 'Jobs come to a scheduling cell, by distributions or from a table.',
  models: ['schedulingCell'],
  schema: strictMap({
    name: nameSchema.optional(),
    count: wholeNumberSchema(1, MAXIMUM_JOBS).optional(),
    for: positiveDurationSchema.optional(),
    inflate: strictMap({ resource: z.enum(['cpu', 'memory', 'gpu']), to: targetSchema }).optional(),
    from: textSchema('a CSV table of jobs, relative to the scenario').optional(),
    order: severalForms([orderWord, orderFilesSchema], (order) =>
      isMap(order) ? orderFilesSchema : orderWord,
    ).optional(),
    tasks: countSchema(MAXIMUM_TASKS).optional(),
    requests: resourcesSchema.optional(),
    gpu: gpuRequestSchema.optional(),
    duration: distributionSchema.optional(),
    durationPer: z.enum(['job', 'task']).optional(),
    usage: countSchema(MOST_USAGE).optional(),
    priority: wholeNumberSchema(-HIGHEST_PRIORITY, HIGHEST_PRIORITY).optional(),
    queue: nameSchema.optional(),
    gang: gangSchema.optional(),
    scheduler: nameSchema.optional(),
    decisionTime: strictMap({ perJob: distributionSchema, perTask: distributionSchema }).optional(),
    ...pacingShape,
    preload: z.boolean().optional(),
    measure: z.boolean().optional(),
  }),
  resolve: (written, context): SubmitJobs => {
    const name = written.name ?? 'jobs';
    const rows = written.from === undefined ? undefined : resolveRows(written.from, name, context);
    checkEnd(written, context);
    const gpu = written.gpu === undefined ? undefined : resolveGpuRequest(written.gpu);
    const span = (key: 'duration', value: z.output<typeof distributionSchema> | undefined) =>
      value === undefined ? undefined : resolveDistribution(value, [key], context);
    return {
      kind: 'submitJobs',
      name,
      ...(written.at === undefined ? {} : { at: written.at }),
      count: written.count,
      for: written.for,
      inflate: written.inflate && { resource: written.inflate.resource, to: targetOf(written.inflate.to, context) },
      arrivals: resolveArrivals(written, context),
      rows,
      order: typeof written.order === 'object' ? 'given' : (written.order ?? 'listed'),
      given: typeof written.order === 'object' ? readOrders(written.order, 'order', ['order'], context) : [],
      tasks: written.tasks ?? { distribution: 'constant', value: 1 },
      template: makePodTemplate(
        written.requests === undefined ? {} : { requests: written.requests },
        { app: name },
        context.templates,
        null,
        'Never',
        gpu,
      ),
      duration: span('duration', written.duration),
      durationPer: written.durationPer ?? 'task',
      usage: written.usage,
      priority: written.priority ?? 0,
      queue: written.queue ?? 'default',
      gang: written.gang ?? 0,
      scheduler: written.scheduler,
      decisionTime: resolveDecisionTime(written.decisionTime, context),
      preload: written.preload ?? false,
      measure: written.measure ?? false,
    };
  },
});

type Written = z.output<typeof submitJobs.schema>;

/** Jobs must end somewhere: a table does, and the others by a number, a time or what they ask for. */
function checkEnd(written: Written, context: OperationContext): void {
  const { count, from, inflate, preload } = written;
  const fail = (code: 'P205' | 'P209', message: string, expected: string, fix: string) =>
    context.errors.push(new PlimsollError(code, { ...context.place([]), message, expected, fix }));
  if (count === undefined && from === undefined && inflate === undefined && written.for === undefined)
    fail('P205', 'nothing says how many jobs come', 'count, for, inflate or from', 'add for: 1h');
  if (preload === true && written.for !== undefined)
    fail(
      'P209',
      'jobs that are there at t = 0 do not come for a span of time',
      'count, inflate or from',
      'remove for, or preload',
    );
  if (from === undefined && written.order !== undefined)
    fail('P209', 'order is given without a table', 'from', 'add from, or remove order');
}

function targetOf(written: string | number, context: OperationContext): number {
  if (typeof written === 'number') return written;
  const match = /^([\d.]+)%$/.exec(written.trim());
  const share = match === null ? Number.NaN : Number(match[1]) / PERCENT;
  if (share >= 0 && share <= MOST_INFLATION) return share;
  context.errors.push(
    new PlimsollError('P204', {
      ...context.place(['inflate', 'to']),
      message: `"${written}" is no share`,
      expected: 'a share, such as 130% or 1.3',
    }),
  );
  return 0;
}

function resolveDecisionTime(written: Written['decisionTime'], context: OperationContext): SubmitJobs['decisionTime'] {
  if (written === undefined) return undefined;
  const perJob = resolveDistribution(written.perJob, ['decisionTime', 'perJob'], context);
  const perTask = resolveDistribution(written.perTask, ['decisionTime', 'perTask'], context);
  return perJob === undefined || perTask === undefined ? undefined : { perJob, perTask };
}

function resolveRows(file: string, name: string, context: OperationContext): readonly JobRow[] {
  const source = context.readFile(file, ['from']);
  if (source === undefined) return [];
  const jobs = context.attempt(() => readJobTable(source.file, source.text)) ?? [];
  // Tables repeat themselves: what asks for the same shares a template.
  const templates = new Map<string, PodTemplate>();
  return jobs.map(({ cpu, memory, gpu, ...job }) => {
    const key = JSON.stringify([cpu, memory, gpu]);
    let template = templates.get(key);
    if (template === undefined) {
      const requests = { cpu, memory };
      template = makePodTemplate({ requests }, { app: name }, context.templates, null, 'Never', gpu);
      templates.set(key, template);
    }
    return { ...job, template };
  });
}
