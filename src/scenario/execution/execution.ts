/** What executing operations needs: the cluster, the clients, the templates of the run, and what became of barriers. */
import type { Kind, ObjectKey, PodTemplate } from '../../cluster/index.ts';
import { hasPriority, isSuccess, podPriority, type RequestId } from '../../components/api-machinery/index.ts';
import type { ApiClient } from '../../components/client-go/index.ts';
import type { ControlPlane } from '../../components/control-plane.ts';
import { CommitTimes } from '../../components/load-generator/index.ts';
import type { Process, ProcessId, RandomStream, Simulation, TokenBucket } from '../../engine/index.ts';
import { SUSPEND } from '../../engine/index.ts';
import type { TemplateRegistry } from '../../manifests/index.ts';
import type { SimTime } from '../../units/index.ts';
import type { OperationClient } from '../operations/client.ts';
import type { Barrier } from '../operations/index.ts';

/** What a condition counts and how much of it is asked for. */
export interface Count {
  readonly have: number;
  readonly want: number;
  /** "pods Ready". */
  readonly what: string;
}

/** How a barrier went. */
export interface BarrierRecord {
  readonly description: string;
  readonly met: boolean;
  readonly began: SimTime;
  readonly at: SimTime;
  readonly state: string;
}

/** A barrier that the run waits for: since when, and its counts when it last looked. */
export interface WaitingBarrier {
  readonly barrier: Barrier;
  readonly began: SimTime;
  readonly counts: readonly Count[];
}

/** Requests of one operation that are on their way. */
interface Flight {
  process: ProcessId;
  /** Requests without an answer. */
  open: number;
  /** The process goes on when no more than this many are open; -1 = it does not wait. */
  resumeAt: number;
}

/** What `stop` can end. */
interface StoppableLoad {
  stop(): void;
}

/** Everything that the operations of one run share. */
export class Execution {
  readonly cluster: ControlPlane;
  readonly templates: TemplateRegistry;
  /** Barriers that were reached, in order. */
  readonly barriers: BarrierRecord[] = [];
  /** The barrier that the run waits for, state. */
  waitingFor: WaitingBarrier | undefined;
  /** What a user should know about how it went, each once. */
  readonly notes: string[] = [];
  /** Churns by name; set = told to stop. */
  readonly stoppedChurns = new Set<string>();
  /** Loads and watches that were opened, with their names. */
  private readonly loads: { readonly name: string; readonly load: StoppableLoad }[] = [];
  private commits: CommitTimes | undefined;
  /** Draws of arrivals, lifetimes of objects and choices of nodes. */
  readonly arrivals: RandomStream;
  readonly choices: RandomStream;
  /** Token buckets that operations with arrivals of kind global-qps share, by group. */
  readonly sharedLimits = new Map<string, TokenBucket>();
  /** Answers that were refusals, by what was asked. */
  private readonly refusals = new Map<string, number>();
  private readonly clients = new Map<string, ApiClient[]>();
  private readonly flights: Flight[] = [];
  private readonly onAnswer: number;
  /** Called when the first measured operation begins. */
  private readonly onMeasure: () => void;

  constructor(cluster: ControlPlane, templates: TemplateRegistry, onMeasure: () => void) {
    this.cluster = cluster;
    this.templates = templates;
    this.onMeasure = onMeasure;
    this.arrivals = cluster.simulation.streams.stream('scenario.arrivals');
    this.choices = cluster.simulation.streams.stream('scenario.choices');
    this.onAnswer = cluster.clientGo.onReplyDo((request, flight) => this.answered(request, flight));
  }

  /** The simulation of the run. */
  get simulation(): Simulation {
    return this.cluster.simulation;
  }

  /** When revisions were committed; kept from the first watches on that ask for it. */
  get commitTimes(): CommitTimes {
    this.commits ??= new CommitTimes(this.cluster.store, this.cluster.clientGo);
    return this.commits;
  }

  /** A load has begun, or watches were opened. */
  openLoad(name: string, load: StoppableLoad): void {
    this.loads.push({ name, load });
  }

  /** Ends the loads of a name, or all. */
  stopLoads(name: string): void {
    for (const open of this.loads) if (name === 'all' || name === open.name) open.load.stop();
  }

  /** An operation with `measure: true` begins. */
  measured(): void {
    this.onMeasure();
  }

  /** The template that a run works with. */
  template(template: PodTemplate): PodTemplate {
    return this.templates.get(template.id);
  }

  /** The template of a pod that is there before the run: with the priority that admission would have given it. */
  preloadedTemplate(template: PodTemplate): PodTemplate {
    const own = this.template(template);
    const priority = podPriority(own, this.cluster.preload.priorityClasses);
    if (priority === undefined) {
      const note = `PriorityClass ${own.priorityClassName} is not there before the run, or contradicts its pods: those that are preloaded have priority ${own.priority}`;
      if (!this.notes.includes(note)) this.notes.push(note);
      return own;
    }
    return hasPriority(own, priority) ? own : this.templates.derived(own, priority);
  }

  /** The connections of a client; equal descriptions share one token bucket per connection. */
  clientsOf(client: OperationClient): readonly ApiClient[] {
    const key = JSON.stringify(client);
    let connections = this.clients.get(key);
    if (connections === undefined) {
      const { user, groups, burst, encoding } = client;
      const qps = client.qps / client.connections;
      const name = user.slice(user.lastIndexOf(':') + 1);
      connections = Array.from({ length: client.connections }, () =>
        this.cluster.newLoadClient({ name: `load client ${name}`, user, groups, qps, burst, encoding }),
      );
      this.clients.set(key, connections);
    }
    return connections;
  }

  /** Opens a flight of requests for the process that runs now. */
  openFlight(): number {
    this.flights.push({ process: this.cluster.simulation.processes.current, open: 0, resumeAt: -1 });
    return this.flights.length - 1;
  }

  /** Sends a request as part of a flight. */
  send(flight: number, client: ApiClient, request: RequestId): void {
    (this.flights[flight] as Flight).open++;
    client.send(request, this.onAnswer, flight);
  }

  /** Waits until at most `left` requests of a flight are without an answer. */
  *settle(flight: number, left = 0): Generator<number, void, number> {
    const state = this.flights[flight] as Flight;
    if (state.open <= left) return;
    state.process = this.cluster.simulation.processes.current;
    state.resumeAt = left;
    yield SUSPEND;
    state.resumeAt = -1;
  }

  private answered(request: RequestId, flight: number): void {
    const { requests, tables } = this.cluster;
    const code = requests.code[request] as number;
    if (!isSuccess(code)) {
      const what = `${tables.describe(requests.kind[request] as Kind, requests.key[request] as ObjectKey).split(' ')[0]} ${code}`;
      this.refusals.set(what, (this.refusals.get(what) ?? 0) + 1);
    }
    const state = this.flights[flight] as Flight;
    state.open--;
    if (state.resumeAt >= 0 && state.open <= state.resumeAt) {
      this.cluster.simulation.processes.resume(state.process, 0);
    }
  }

  /** Starts a process beside the operations. */
  spawn(name: string, body: Process): void {
    this.cluster.simulation.processes.spawn(name, body);
  }

  /** Notes with the refusals added. */
  allNotes(): string[] {
    const refused = [...this.refusals].map(([what, count]) => {
      const [resource, code] = what.split(' ');
      return `${count} requests for ${resource} by the scenario's clients were answered with ${code === '0' ? 'a broken connection' : code}`;
    });
    return [...this.notes, ...refused];
  }
}
