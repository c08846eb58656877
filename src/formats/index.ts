/** All formats that can be imported, by name. To add one: a file here and a line below. */
import type { ImportFormat } from './import-format.ts';
import { jobs } from './jobs.ts';
import { openb } from './openb.ts';
import { schedulerPerf } from './scheduler-perf/scheduler-perf.ts';

export const importFormats = {
  'scheduler-perf': schedulerPerf,
  jobs,
  openb,
} as const satisfies Record<string, ImportFormat>;

/** Name of a format. */
export type ImportFormatName = keyof typeof importFormats;

export type { Imported, ImportFormat, ImportRequest } from './import-format.ts';
