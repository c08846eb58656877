/**
 * node-problem-detector: an agent on each node that tells of what the kernel and the container runtime complain of (node-problem-detector 0.8).
 * https://github.com/kubernetes/node-problem-detector.
 *
 * Modelled: permanent problems, which become a condition of the node by a PATCH of its status and an event, and are taken back later; temporary ones,
 * which are events; the PATCH of all conditions every five minutes, of which every watcher of nodes hears; repetition of what could not be written.
 * Its pods are no objects. Left out: which problem it is; repairs by others who go by the conditions; its metrics.
 */
import { kinds } from '../../../cluster/index.ts';
import {
  createDistribution,
  defineParameters,
  type EventType,
  type KeyedStream,
  LAST_INSTANT,
  type ValuesOf,
} from '../../../engine/index.ts';
import type { CounterSeries, HistogramSeries } from '../../../metrics/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../../units/index.ts';
import { isSuccess, writes } from '../../api-machinery/index.ts';
import { type ClientGo, EventRecorder, type EventRecorderReplies } from '../../client-go/index.ts';
import type { NodeAgent } from '../../node-agent.ts';
import { type Addon, type AddonSurroundings, defineAddon } from '../addon.ts';
import { AgentFleet, type AgentInstance } from '../agent-fleet.ts';
import { nodeProblemDetectorParameters } from './node-problem-detector.parameters.ts';

/** What the agent of a node knows. */
interface Detector {
  readonly instance: AgentInstance;
  readonly events: EventRecorder;
  /** Permanent problems that the node has, state. */
  problems: number;
  /** Since when there is a change that the API does not have [ns], -1 = there is none, state. */
  unwrittenSince: number;
  /** Draws so far. */
  draws: number;
}

/** All agents. */
export class NodeProblemDetectors implements Addon {
  readonly agent: NodeAgent;
  private readonly clientGo: ClientGo;
  private readonly eventReplies: EventRecorderReplies;
  private readonly parameters: ValuesOf<typeof nodeProblemDetectorParameters>;
  private readonly detectors: Detector[] = [];
  private readonly streams: KeyedStream;
  private readonly evHeartbeat: EventType;
  private readonly evPermanent: EventType;
  private readonly evRepaired: EventType;
  private readonly evTemporary: EventType;
  private readonly evWrite: EventType;
  private readonly onWritten: number;
  private readonly problemCounter: CounterSeries;
  private readonly reportSeconds: HistogramSeries;

  constructor(
    { clientGo, eventReplies }: AddonSurroundings,
    parameters: ValuesOf<typeof nodeProblemDetectorParameters>,
  ) {
    const { simulation, recorder } = clientGo;
    this.clientGo = clientGo;
    this.eventReplies = eventReplies;
    this.parameters = parameters;
    this.streams = simulation.streams.keyed('nodeProblemDetector');
    this.agent = new AgentFleet({
      clientGo,
      name: 'node-problem-detector',
      qps: parameters.clientQps,
      burst: parameters.clientBurst,
      watches: [],
      onStarted: (instance, isNew) => this.started(instance, isNew),
      onStopped: (instance) => (this.detectors[instance.index] as Detector).events.clear(),
    });
    const on = (name: string, handle: (detector: Detector) => void) =>
      simulation.on(`node-problem-detector: ${name}`, (index, epoch) => {
        const detector = this.detectors[index] as Detector;
        if (detector.instance.epoch === epoch) handle(detector);
      });
    this.evHeartbeat = on('heartbeat', (detector) => this.beat(detector));
    this.evPermanent = on('permanent problem', (detector) => this.becameIll(detector));
    this.evRepaired = on('problem repaired', (detector) => this.changed(detector, -1));
    this.evTemporary = on('temporary problem', (detector) => this.happened(detector));
    this.evWrite = on('conditions are written', (detector) => this.write(detector));
    this.onWritten = clientGo.onReplyDo((request, index) =>
      this.written(this.detectors[index] as Detector, isSuccess(clientGo.requests.code[request] as number)),
    );
    this.problemCounter = recorder.counter('problem_counter');
    this.reportSeconds = recorder.histogram('plimsoll_node_problem_report_duration_seconds');
  }

  start(): void {}

  private started(instance: AgentInstance, isNew: boolean): void {
    let detector = this.detectors[instance.index];
    if (detector === undefined) {
      const events = new EventRecorder(this.clientGo, instance.client, this.eventReplies);
      detector = { instance, events, problems: 0, unwrittenSince: -1, draws: 0 };
      this.detectors.push(detector);
    }
    // A node that has booted again is sound.
    detector.problems = 0;
    detector.unwrittenSince = -1;
    const { heartbeatPeriod, permanentInterval, temporaryInterval } = this.parameters;
    // One that has just started writes its conditions at once.
    const first = isNew ? 0 : heartbeatPeriod * this.draw(detector);
    this.plan(detector, nanoseconds(first), this.evHeartbeat);
    this.plan(detector, this.until(detector, permanentInterval), this.evPermanent);
    this.plan(detector, this.until(detector, temporaryInterval), this.evTemporary);
  }

  private draw(detector: Detector): number {
    return this.streams.uniform(detector.instance.index, detector.draws++);
  }

  /** Exponential span with this mean. */
  private until(detector: Detector, mean: Nanoseconds): Nanoseconds {
    return createDistribution({ distribution: 'exponential', mean }).span(this.draw(detector));
  }

  private plan({ instance }: Detector, span: Nanoseconds, event: EventType): void {
    // What lies beyond all runs needs no event.
    if (this.clientGo.simulation.now + span > LAST_INSTANT) return;
    this.clientGo.simulation.after(span, event, instance.index, instance.epoch);
  }

  // ---- problems ------------------------------------------------------------------------------------------------------------------

  private becameIll(detector: Detector): void {
    const { permanentInterval, permanentDuration } = this.parameters;
    this.problemCounter.add();
    this.changed(detector, 1);
    this.plan(detector, permanentDuration.span(this.draw(detector)), this.evRepaired);
    this.plan(detector, this.until(detector, permanentInterval), this.evPermanent);
  }

  /** A condition has changed: an event tells of it, and the next look writes it. */
  private changed(detector: Detector, change: 1 | -1): void {
    const { simulation } = this.clientGo;
    detector.problems += change;
    detector.events.record('NodeCondition', kinds.nodes, detector.instance.node, detector.problems);
    if (detector.unwrittenSince >= 0) return;
    detector.unwrittenSince = simulation.now;
    this.plan(detector, nanoseconds(this.parameters.updatePeriod * this.draw(detector)), this.evWrite);
  }

  private happened(detector: Detector): void {
    this.problemCounter.add();
    detector.events.record('OOMKilling', kinds.nodes, detector.instance.node, detector.draws);
    this.plan(detector, this.until(detector, this.parameters.temporaryInterval), this.evTemporary);
  }

  // ---- conditions in the API -----------------------------------------------------------------------------------------------------

  private beat(detector: Detector): void {
    this.write(detector);
    this.plan(detector, this.parameters.heartbeatPeriod, this.evHeartbeat);
  }

  private write({ instance, problems }: Detector): void {
    const { client, node, index } = instance;
    const request = client.write(writes.nodeProblems, node);
    this.clientGo.requests.setNumber(request, 0, problems);
    client.send(request, this.onWritten, index);
  }

  private written(detector: Detector, isThere: boolean): void {
    if (detector.unwrittenSince < 0) return;
    if (!isThere) {
      this.plan(detector, this.parameters.resyncPeriod, this.evWrite);
      return;
    }
    const since = detector.unwrittenSince as SimTime;
    detector.unwrittenSince = -1;
    this.reportSeconds.recordSpan((this.clientGo.simulation.now - since) as Nanoseconds);
  }
}

/** The add-on. */
export const nodeProblemDetector = defineAddon({
  help: 'node-problem-detector: an agent on each node that writes problems of the kernel and the runtime into the conditions of the node and as events.',
  parameters: nodeProblemDetectorParameters,
  settings: defineParameters({}),
  create: (around, parameters) => new NodeProblemDetectors(around, parameters),
});
