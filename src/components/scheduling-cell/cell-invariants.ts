/** Laws of conservation of a cell, checked at the end of runs and by tests. */
import { MOST_GPUS, WHOLE_GPU } from '../kube-scheduler/gpu-columns.ts';
import type { Cell } from './cell.ts';
import type { Task } from './job.ts';

const NAME = 'cell';

/** Every task is somewhere, sums are those of the tasks that hold room, and no node holds more than it has. */
export function checkCell(cell: Cell): void {
  const { nodes, waiting, held, running, ended, rejected, abandoned, submittedTasks } = cell;
  const sum = waiting + held + running + ended + rejected + abandoned;
  cell.simulation.invariant(
    sum === submittedTasks,
    NAME,
    `${submittedTasks} tasks were submitted, but ${waiting} wait, ${held} hold room, ${running} run, ${ended} have ended, ${rejected} were rejected, ${abandoned} abandoned`,
  );
  const placed = cell.tasks.filter((task): task is Task => task !== undefined);
  cell.simulation.invariant(
    placed.length === held + running,
    NAME,
    `${placed.length} tasks have room, not ${held + running}`,
  );
  const { capacity } = nodes;
  const cpu = new Float64Array(capacity);
  const memory = new Float64Array(capacity);
  const pods = new Int32Array(capacity);
  const gpu = new Int32Array(capacity * MOST_GPUS);
  for (const { node, devices, job } of placed) {
    cpu[node] = (cpu[node] as number) + job.requirements.cpu;
    memory[node] = (memory[node] as number) + job.requirements.memory;
    pods[node] = (pods[node] as number) + 1;
    for (let rest = devices, device = 0; rest !== 0; rest >>>= 1, device++) {
      const place = node * MOST_GPUS + device;
      if ((rest & 1) === 1) gpu[place] = (gpu[place] as number) + (job.requirements.gpu?.milli ?? 0);
    }
  }
  for (let slot = 0; slot < capacity; slot++) {
    const isSum = cpu[slot] === nodes.requestedCpu[slot] && memory[slot] === nodes.requestedMemory[slot];
    cell.simulation.invariant(
      isSum && pods[slot] === nodes.pods[slot],
      NAME,
      `the sums of slot ${slot} are not those of its tasks`,
    );
    if (!nodes.isKnown(slot)) continue;
    const within =
      (cpu[slot] as number) <= (nodes.allocatableCpu[slot] as number) &&
      (memory[slot] as number) <= (nodes.allocatableMemory[slot] as number) &&
      (pods[slot] as number) <= (nodes.allowedPods[slot] as number);
    cell.simulation.invariant(within, NAME, `node ${nodes.nameOf(slot)} holds more than it has`);
    checkDevices(cell, slot, gpu);
  }
}

function checkDevices(cell: Cell, slot: number, used: Int32Array): void {
  const { nodes } = cell;
  const { gpus } = nodes;
  for (let device = 0; device < (gpus.count[slot] ?? 0); device++) {
    const place = slot * MOST_GPUS + device;
    const free = gpus.free[place] as number;
    const holds = free >= 0 && free === WHOLE_GPU - (used[place] as number);
    cell.simulation.invariant(
      holds,
      NAME,
      `GPU ${device} of ${nodes.nameOf(slot)} has ${free} free, its tasks use ${used[place]}`,
    );
  }
}
