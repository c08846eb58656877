/**
 * Compaction of etcd by its API servers: each of them, every five minutes, tries to write the revision that it recorded last time into
 * compact_rev_key, if that has not changed since it looked; the one that succeeds has history up to that revision dropped. So history of one to two
 * periods is kept, however many API servers there are. K:apiserver/pkg/storage/etcd3/compact.go.
 */
import type { EventType } from '../../engine/index.ts';
import { type PutCompactRevision, StoreOutcome } from '../etcd/index.ts';
import type { StoreCommands } from './store-commands.ts';
import type { ApiServerSurroundings } from './surroundings.ts';

/** The compactor of one API server. */
export class Compactor {
  private readonly around: ApiServerSurroundings;
  private readonly commands: StoreCommands;
  private readonly evDue: EventType;
  /** Version of the key when it was last looked at, and the store's revision then, state; 0 = never. */
  private version = 0;
  private recorded = 0;
  /** Raised whenever the process ends: what was planned before is void, state. */
  private life = 0;

  constructor(around: ApiServerSurroundings, name: string, commands: StoreCommands) {
    this.around = around;
    this.commands = commands;
    this.evDue = around.simulation.on(`${name}: compaction`, (life) => this.onDue(life));
  }

  /** The process runs. */
  start(): void {
    const { simulation, parameters } = this.around;
    this.life++;
    this.version = 0;
    this.recorded = 0;
    simulation.after(parameters.compactionInterval, this.evDue, this.life);
  }

  /** The process has ended. */
  stop(): void {
    this.life++;
  }

  private onDue(life: number): void {
    if (life !== this.life) return;
    const { simulation, parameters } = this.around;
    const { version, recorded } = this;
    const put: PutCompactRevision = {
      type: 'putCompactRevision',
      version,
      revision: recorded,
      foundVersion: 0,
      revisionAfter: 0,
    };
    this.commands.send(put, (outcome) => this.onRecorded(put, outcome));
    simulation.after(parameters.compactionInterval, this.evDue, life);
  }

  private onRecorded(put: PutCompactRevision, outcome: number): void {
    if (outcome !== StoreOutcome.Succeeded && outcome !== StoreOutcome.ConditionFailed) return;
    this.version = put.foundVersion;
    this.recorded = put.revisionAfter;
    // The first time there is nothing that was recorded a period ago.
    if (outcome === StoreOutcome.Succeeded && put.revision > 0) {
      this.commands.send({ type: 'compact', revision: put.revision }, () => {});
    }
  }
}
