/** What the translation of opcodes shares. */
import type { ImportRequest } from '../import-format.ts';
import type { Remarks } from '../remarks.ts';

/** One operation of a scenario, as it is written. */
export type WrittenOperation = Readonly<Record<string, unknown>>;

/** What translating operations works with. */
export interface OperationImport {
  readonly request: ImportRequest;
  readonly remarks: Remarks;
  /** Values of the workload's params by name, without "$". */
  readonly params: Readonly<Record<string, unknown>>;
  /** The test case's defaultPodTemplatePath. */
  readonly defaultPodTemplate: string | undefined;
  /** Names of the createPods so far, with their namespaces. */
  readonly created: { readonly name: string; readonly namespaces: readonly string[] }[];
  /** Names of churns that go on. */
  readonly churns: string[];
  /** startCollectingMetrics came, and no pods since. */
  isCollecting: boolean;
}

/** Requests of scheduler_perf's client. */
export const CLIENT = { qps: 5000, burst: 5000, encoding: 'protobuf' } as const;
/** A path of the configuration, which is relative to it. */
export function pathBeside({ request: { files, input } }: OperationImport, path: string): string {
  return files.resolve(input, path);
}
