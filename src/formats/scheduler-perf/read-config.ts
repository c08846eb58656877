/** A performance-config.yaml: test cases with a template of operations, and workloads that give its params values. */
import { nearestName, PlimsollError } from '../../errors/index.ts';
import { parseYaml } from '../../manifests/index.ts';
import { readOrExplain } from '../../scenario/index.ts';
import type { ImportRequest } from '../import-format.ts';
import { ConfigReader } from './config-reader.ts';

/** One workload with its test case. */
export interface ChosenWorkload {
  /** "SchedulingBasic/5000Nodes_10000Pods". */
  readonly name: string;
  readonly testCase: ConfigReader;
  readonly workload: ConfigReader;
}

/** The workload that was asked for, by "TESTCASE/WORKLOAD", or by a part of that which only one has. */
export function chooseWorkload(request: ImportRequest): ChosenWorkload {
  const { files, input } = request;
  const all = readWorkloads(input, readOrExplain(files, input));
  const names = all.map(({ name }) => name);
  const { workload } = request;
  const chosen = all.filter(({ name }) => name === workload);
  const matching = all.filter(({ name }) => workload === undefined || isPartOf(workload, name));
  const found = chosen[0] ?? (matching.length === 1 ? matching[0] : undefined);
  if (found !== undefined) return found;
  if (workload === undefined || matching.length > 1) {
    throw new PlimsollError('P102', {
      message: `${input} has ${matching.length} workloads${workload === undefined ? '' : ` that ${workload} may mean`}`,
      expected: `--workload with one of ${matching.map(({ name }) => name).join(', ')}`,
      fix: `add --workload ${matching[0]?.name ?? ''}`,
    });
  }
  throw new PlimsollError('P103', {
    message: `there is no workload ${workload} in ${input}`,
    expected: names.join(', '),
    nearest: nearestName(workload, names),
    fix: 'name a workload of the file',
  });
}

/** Whether a name's test case, or its workload, is what was asked for. */
function isPartOf(asked: string, name: string): boolean {
  return name.startsWith(`${asked}/`) || name.endsWith(`/${asked}`);
}

function readWorkloads(file: string, text: string): ChosenWorkload[] {
  const [document] = parseYaml(file, text);
  const value = document?.value;
  if (document === undefined || !Array.isArray(value)) {
    throw new PlimsollError('P204', {
      message: 'the file is not a list of test cases',
      position: { file, line: 1, column: 1 },
      expected: 'a performance-config.yaml of scheduler_perf: a list of maps with name, workloadTemplate and workloads',
    });
  }
  return value.flatMap((item, i) => {
    const testCase = new ConfigReader(document, [i], item);
    const name = testCase.requiredText('name');
    return testCase.maps('workloads').map((workload) => ({
      name: `${name}/${workload.requiredText('name')}`,
      testCase,
      workload,
    }));
  });
}
