/**
 * The error catalogue: every code with its meaning, its fix and its exit code. Codes are stable: never renumber, never reuse.
 * P1xx = usage, P2xx = scenario files, P3xx = Kubernetes manifests and configurations, P4xx = results and baselines, P5xx = the simulator itself, P6xx = a run's end, P7xx = distributed runs.
 */

/** One entry of the catalogue. */
export interface ErrorDefinition {
  /** What the code stands for. */
  readonly meaning: string;
  /** How a user mends it. */
  readonly fix: string;
  /** Process exit code (contract section 2). */
  readonly exit: 1 | 2 | 3 | 4 | 130;
}

export const errorCatalogue = {
  P101: { meaning: 'unknown command', fix: 'run `plimsoll --help` for the commands', exit: 2 },
  P102: { meaning: 'unknown option or bad option value', fix: 'run the command with --help for its options', exit: 2 },
  P103: { meaning: 'unknown name given to list, explain or a PATH', fix: 'run `plimsoll list` for the names', exit: 2 },
  P104: { meaning: 'the output directory cannot be written', fix: 'choose another with --out', exit: 2 },
  P201: {
    meaning: 'the file cannot be read',
    fix: 'check the path; paths in a scenario are relative to the scenario',
    exit: 2,
  },
  P202: { meaning: 'the file is not valid YAML', fix: 'mend the YAML at the position', exit: 2 },
  P203: {
    meaning: 'a key that the schema does not know',
    fix: 'remove the key or use the nearest valid name',
    exit: 2,
  },
  P204: { meaning: 'a value of the wrong type or form', fix: 'write the value in the expected form', exit: 2 },
  P205: { meaning: 'a required value is missing', fix: 'add it', exit: 2 },
  P206: { meaning: 'a number out of its range', fix: 'choose a value inside the range', exit: 2 },
  P207: {
    meaning: 'a $param that is not declared, or params that refer to each other in a circle',
    fix: 'declare it under spec.params with a value',
    exit: 2,
  },
  P208: {
    meaning: 'an unknown name (profile, metric, parameter, statistic, kind, algorithm …)',
    fix: 'write one of the names that are expected; `plimsoll list` shows what there is',
    exit: 2,
  },
  P209: { meaning: 'values that contradict each other', fix: 'change one of them', exit: 2 },
  P301: {
    meaning: 'a manifest that is not a Kubernetes object',
    fix: 'each document needs apiVersion, kind and metadata.name',
    exit: 2,
  },
  P302: {
    meaning: 'a Kubernetes kind that cannot be applied',
    fix: 'remove it, or see docs/not-modelled.md for the kinds',
    exit: 2,
  },
  P303: { meaning: 'a Kubernetes field with a value that the API server would refuse', fix: 'mend the field', exit: 2 },
  P304: { meaning: 'an unknown scheduler plugin', fix: 'use a name of `plimsoll list plugins`', exit: 2 },
  P401: {
    meaning: 'results or a baseline that cannot be read',
    fix: 'name a results directory that a run wrote, or a file that `plimsoll check --write-baseline` or `plimsoll bench --write-baseline` wrote',
    exit: 2,
  },
  P402: {
    meaning: 'results and a baseline that cannot be compared',
    fix: 'make both from the same scenario, with the same seeds or with several replications each',
    exit: 2,
  },
  P501: {
    meaning: 'the simulator broke an invariant of its own',
    fix: 'please report it with the command to replay',
    exit: 3,
  },
  P502: {
    meaning: 'a replication whose worker thread died twice',
    fix: 'please report it with the seed',
    exit: 3,
  },
  P503: {
    meaning: 'a replication that was stuck twice: its worker thread told nothing for ten minutes',
    fix: 'please report it with the seed',
    exit: 3,
  },
  P601: { meaning: 'stopped by --deadline', fix: 'give more wall time, or simulate less', exit: 4 },
  P602: { meaning: 'stopped for memory', fix: 'give more with --memory, or simulate less', exit: 4 },
  P603: { meaning: 'interrupted', fix: 'run again', exit: 130 },
  P701: {
    meaning: 'the queue cannot be reached, or does not let us in',
    fix: 'check --queue, and who we are to it: redis://USER:PASSWORD@HOST:PORT, or PLIMSOLL_QUEUE_USERNAME and PLIMSOLL_QUEUE_PASSWORD',
    exit: 2,
  },
  P702: {
    meaning: 'a worker of another program than the tasks are for',
    fix: 'start workers of the same build and Node major as the coordinator, or give each its own database: redis://HOST:PORT/1',
    exit: 2,
  },
  P703: {
    meaning: 'a task whose workers vanished again and again',
    fix: 'look at what ends the workers, such as too little memory, and run it again with the same --out',
    exit: 3,
  },
  P704: {
    meaning: 'a task in the queue that is not what its key says',
    fix: 'please report it; an empty database of Redis removes it',
    exit: 3,
  },
} as const satisfies Record<string, ErrorDefinition>;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof errorCatalogue;
