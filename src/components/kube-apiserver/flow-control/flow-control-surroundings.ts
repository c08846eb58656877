/** What flow control of all API servers of a cluster shares: levels, schemas and flows, metrics, and the levels' names in the wait ledger. */
import type { ObjectTables } from '../../../cluster/index.ts';
import type { Simulation } from '../../../engine/index.ts';
import { type MetricRecorder, publishServer, type WaitLedger } from '../../../metrics/index.ts';
import type { Requests } from '../../api-machinery/index.ts';
import type { FlowControlConfiguration, PriorityLevel } from './configuration.ts';
import { FlowControlMetrics } from './flow-control-metrics.ts';
import { FlowTable } from './flow-table.ts';
import type { QueueSet } from './queue-set.ts';
import type { Identity } from './rule-matching.ts';

/** What it is made from. */
export interface FlowControlSurroundingsOptions {
  readonly simulation: Simulation;
  readonly requests: Requests;
  readonly tables: ObjectTables;
  readonly recorder: MetricRecorder;
  readonly waits: WaitLedger;
  readonly configuration: FlowControlConfiguration;
  /** Who a client is, by its number. */
  readonly identityOf: (client: number) => Identity;
}

/** The shared part. */
export class FlowControlSurroundings {
  readonly simulation: Simulation;
  readonly requests: Requests;
  readonly tables: ObjectTables;
  readonly waits: WaitLedger;
  readonly table: FlowTable;
  readonly metrics: FlowControlMetrics;
  /** Levels of each server. */
  private readonly servers: ((level: number) => QueueSet)[] = [];

  constructor(options: FlowControlSurroundingsOptions) {
    const { simulation, requests, tables, recorder } = options;
    this.simulation = simulation;
    this.requests = requests;
    this.tables = tables;
    this.waits = options.waits;
    this.table = new FlowTable(options.configuration, requests, tables, options.identityOf);
    this.metrics = new FlowControlMetrics(recorder, this.table);
    this.table.levels.forEach((level, number) => {
      if (level.exempt) return;
      publishServer(recorder, simulation, serverName(level), () => ({
        busyNanoseconds: this.sum(number, (set) => set.busyNanoseconds()),
        capacity: Math.max(1, this.servers.length),
        queueLength: this.sum(number, (set) => set.waiting),
      }));
    });
  }

  /** Adds a server, which shows its levels. */
  addServer(levels: (level: number) => QueueSet): void {
    this.servers.push(levels);
  }

  /** Number of a level in the wait ledger. */
  waitServer(level: PriorityLevel): number {
    return this.waits.server(serverName(level), 'server');
  }

  private sum(level: number, read: (set: QueueSet) => number): number {
    return this.servers.reduce((sum, levels) => sum + read(levels(level)), 0);
  }
}

/** What a level is called where work waits. */
function serverName(level: PriorityLevel): string {
  return `flow control ${level.name}`;
}
