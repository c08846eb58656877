import { describe, expect, it } from 'vitest';
import { runReplication } from '../../src/experiment/replication.ts';
import { importFormats } from '../../src/formats/index.ts';
import { type Files, loadScenario } from '../../src/scenario/index.ts';

const NODES = 'sn,cpu_milli,memory_mib,gpu,model\nnode-a,8000,16384,2,T4\nnode-b,8000,16384,1,P100\n';
const PODS = [
  'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time',
  'pod-0,1000,512,1,500,,LS,Running,0,100,1',
  'pod-1,1000,512,1,1000,P100,LS,Running,5,100,6',
  'pod-2,2000,512,0,0,,BE,Running,7,90,8',
  '',
].join('\n');
const ORDER = JSON.stringify({ order: [1, 2, 0, 0], node_rank: [1, 0] });

/** Files by path, with their neighbours. */
function filesOf(contents: Readonly<Record<string, string>>): Files {
  return {
    readText: (path) => {
      const text = contents[path];
      if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
      return text;
    },
    resolve: (from, relative) => new URL(relative, `file:///${from}`).pathname.slice(1),
    beside: (path) => {
      const folder = path.slice(0, path.lastIndexOf('/') + 1);
      return Object.keys(contents).filter(
        (name) => name.startsWith(folder) && !name.slice(folder.length).includes('/'),
      );
    },
  };
}

function imported(contents: Readonly<Record<string, string>>, input = 'data', workload?: string) {
  const files = filesOf(contents);
  const result = importFormats.openb.read({
    files,
    input,
    workload,
    pathFromScenario: (path) => path,
    scenarioName: 'made',
  });
  return { ...result, scenario: loadScenario(filesOf({ ...contents, 'made.yaml': result.scenario }), 'made.yaml') };
}

describe('import openb', () => {
  it('names the tables as they are, and draws orders anew where none is given', () => {
    const { scenario, notes } = imported({
      'data/csv/openb_node_list_gpu_node.csv': NODES,
      'data/csv/openb_pod_list_default.csv': PODS,
    });
    expect(scenario).toMatchObject({ name: 'openb-default', model: 'schedulingCell', replications: 10 });
    expect(notes).toEqual([
      'no arrival orders: the order of pods and the ranks of nodes are drawn anew in each replication',
    ]);
    const submit = scenario.operations.find(({ kind }) => kind === 'submitJobs');
    expect(submit).toMatchObject({ order: 'shuffled', inflate: { resource: 'gpu', to: 1.3 } });
  });

  it('takes arrival orders beside the tables, one a replication, and pods go by them', () => {
    const { scenario } = imported(
      {
        'data/csv/openb_node_list_gpu_node.csv': NODES,
        'data/csv/openb_pod_list_small.csv': PODS,
        'data/arrival-orders/small-7.json': ORDER,
      },
      'data',
      'small',
    );
    expect(scenario.replications).toBe(1);
    expect(Object.keys(scenario.experiment.variants)).toHaveLength(14);
    const { metrics } = runReplication(scenario, { seed: '1', replication: 1 });
    const placed = metrics.series.find(
      ({ metric, labels }) => metric === 'plimsoll_cell_tasks_total' && labels === 'class=pods;event=started',
    );
    // A whole P100, a pod without GPU, and twice half a GPU.
    expect(placed?.statistics.final).toBe(4);
    const allocation = metrics.series.find(
      ({ metric, labels }) => metric === 'plimsoll_cell_allocation_ratio' && labels === 'resource=gpu',
    );
    expect(allocation?.statistics.final).toBeCloseTo(2 / 3, 12);
  });

  it('says what is missing', () => {
    expect(() => imported({ 'data/csv/openb_pod_list_default.csv': PODS })).toThrow('there is no list of nodes beside');
    expect(() => imported({ 'data/csv/openb_node_list_gpu_node.csv': NODES })).toThrow('cannot be read');
  });
});
