/** The CPU of an API server's requests: pieces of work on the shared cores of its host; what a piece takes longer than alone is waiting. */
import type { Simulation } from '../../engine/index.ts';
import type { WaitLedger } from '../../metrics/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import { RequestFlag, type RequestId, type Requests, WaitPlace } from '../api-machinery/index.ts';
import type { Host } from '../host/host.ts';

/** The stages of one server. */
export class CpuStages {
  private readonly simulation: Simulation;
  private readonly requests: Requests;
  private readonly waits: WaitLedger;
  private readonly host: Host;
  /** The process that computes. */
  private readonly process: string;
  /** Owner of work beside the requests. */
  private readonly beside: number;
  /** Number of the place in the wait ledger. */
  private readonly place: number;

  constructor(
    { simulation, requests, waits }: { simulation: Simulation; requests: Requests; waits: WaitLedger },
    host: Host,
    process: string,
  ) {
    this.simulation = simulation;
    this.requests = requests;
    this.waits = waits;
    this.host = host;
    this.process = process;
    this.beside = host.register(() => {}, process);
    this.place = waits.server('kube-apiserver CPU', 'server');
  }

  /** A stage, after which `then` goes on; returns its number. */
  register(then: (request: RequestId) => void): number {
    return this.host.register((request) => {
      this.end(request as RequestId);
      then(request as RequestId);
    }, this.process);
  }

  /** Work that belongs to no request; returns how long it takes at the load that the host has now. */
  runBeside(work: Nanoseconds): Nanoseconds {
    const took = nanoseconds(work * this.host.slowdown());
    if (work > 0) this.host.run(this.beside, work, 0);
    return took;
  }

  /** A request computes for `work` in a stage. */
  run(request: RequestId, stage: number, work: Nanoseconds): void {
    const { requests } = this;
    requests.stageAt[request] = this.simulation.now;
    requests.stageService[request] = this.host.run(stage, work, request);
    requests.flags[request] = (requests.flags[request] as number) | RequestFlag.OnCpu;
  }

  private end(request: RequestId): void {
    const { requests } = this;
    requests.flags[request] = (requests.flags[request] as number) & ~RequestFlag.OnCpu;
    const took = this.simulation.now - (requests.stageAt[request] as number);
    const waited = Math.max(0, took - (requests.stageService[request] as number));
    requests.addWait(request, WaitPlace.ServerCpu, waited);
    this.waits.passed(this.place, waited);
  }
}
