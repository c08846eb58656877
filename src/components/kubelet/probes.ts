/**
 * The probe workers of all kubelets: one for each probe of each container. K:pkg/kubelet/prober/worker.go, prober_manager.go.
 * A worker ticks with its period from the start of its pod's worker on; a container that is seen to run and is not ready yet is probed at once. The
 * startup probe comes first and holds the others back; what is told is what came as often in a row as the threshold asks.
 *
 * A probe that succeeded and would go on to do so is left alone until the program hangs, as the program's behaviour tells: a pod that just runs costs no
 * event. The successes that are left out are counted. Left out: retries of a probe that could not be carried out; the CPU that probes take.
 */
import { kinds, type ObjectKey, type Probe } from '../../cluster/index.ts';
import type { EventType, KeyedStream } from '../../engine/index.ts';
import type { CounterSeries } from '../../metrics/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../units/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import type { Applications } from './application.ts';
import { ContainerState, type ContainerTable } from './container-table.ts';
import { ProbeType } from './pod-plan.ts';
import { Draw, type PodSteps } from './pod-steps.ts';
import { ProbeTable, Verdict } from './probe-table.ts';

/** Names of the kinds of probes, as metrics have them; by value of {@link ProbeType}. */
const TYPE_NAMES = ['Startup', 'Liveness', 'Readiness'] as const;

/** Who is told what probes have come to. */
export interface ProbeListener {
  /** A container has started, is ready, or is not: its status is another one. */
  changed(slot: number): void;
  /** A container failed its startup or liveness probe. */
  failed(slot: number): void;
}

/** The probes of all containers. */
export class Probes {
  private readonly steps: PodSteps;
  private readonly rows: ContainerTable;
  private readonly table = new ProbeTable();
  private readonly applications: Applications;
  private readonly listener: ProbeListener;
  /** Spans of probes by pod and instant. */
  private readonly spans: KeyedStream;
  private readonly evTick: EventType;
  private readonly evAnswered: EventType;
  private readonly evRefused: EventType;
  /** prober_probe_total by kind of probe: successes and failures. */
  private readonly successes: readonly CounterSeries[];
  private readonly failures: readonly CounterSeries[];
  /** By kind of probe: how many a nanosecond would succeed among those that are left alone, and how many had by {@link countedAt}. */
  private readonly quietRate = [0, 0, 0];
  private readonly quietCount = [0, 0, 0];
  private countedAt = 0;

  constructor(clientGo: ClientGo, steps: PodSteps, applications: Applications, listener: ProbeListener) {
    const { simulation, recorder } = clientGo;
    this.steps = steps;
    this.rows = steps.rows;
    this.applications = applications;
    this.listener = listener;
    this.spans = simulation.streams.keyed('kubelet.probes');
    this.evTick = this.on('probe', (row) => this.probe(row));
    this.evAnswered = this.on('probe succeeded', (row) => this.came(row, Verdict.Success));
    this.evRefused = this.on('probe failed', (row) => this.came(row, Verdict.Failure));
    const counters = (result: string) =>
      TYPE_NAMES.map((name) => recorder.counter('prober_probe_total', { probe_type: name, result }));
    this.successes = counters('successful');
    this.failures = counters('failed');
    recorder.onSample(() => this.countQuiet(simulation.now));
  }

  private on(name: string, step: (row: number) => void): EventType {
    return this.steps.simulation.on(`kubelet: ${name}`, (row, turn) => {
      if (this.table.turn[row] === turn) step(row);
    });
  }

  // ---- workers -------------------------------------------------------------------------------------------------------------------

  /** The workers of a pod begin to tick; `delay` is drawn where the kubelet itself has just started, as a share of the period. */
  begin(slot: number, afterRestart: boolean): void {
    const { steps, table, rows } = this;
    const { containers, hasProbes } = steps.planOfPod(slot);
    if (!hasProbes) return;
    const first = steps.table.firstRow[slot] as number;
    containers.forEach(({ probes }, index) => {
      const row = first + index;
      if (probes.length === 0 || (rows.probes[row] as number) >= 0) return;
      const own = table.allocate(row, probes.length);
      rows.probes[row] = own;
      for (let i = 0; i < probes.length; i++) {
        const period = (probes[i] as { readonly probe: Probe }).probe.period;
        const phase = afterRestart ? steps.draws.uniform(steps.entity(slot), steps.drawOf(row, Draw.ProbePhase)) : 0;
        table.beganAt[own + i] = steps.simulation.now + Math.floor(phase * period);
      }
    });
  }

  /** The workers of a pod end. */
  end(slot: number): void {
    const { steps, table, rows } = this;
    const { containers, hasProbes } = steps.planOfPod(slot);
    if (!hasProbes) return;
    const first = steps.table.firstRow[slot] as number;
    containers.forEach(({ probes }, index) => {
      const own = rows.probes[first + index] as number;
      if (own < 0) return;
      for (let i = 0; i < probes.length; i++) this.rest(own + i);
      table.release(own, probes.length);
      rows.probes[first + index] = -1;
    });
  }

  /** The pod is on its way out: nobody asks any more whether its containers live; whether they are ready, yes. */
  endAllButReadiness(slot: number): void {
    const { steps } = this;
    if (!steps.planOfPod(slot).hasProbes) return;
    this.forEachProbe(slot, (row, type) => {
      if (type !== ProbeType.Readiness) this.rest(row);
      // What was left alone because it would succeed will not succeed for ever now.
      else if ((this.table.quietSince[row] as number) >= 0) this.planTick(row, steps.simulation.now);
    });
  }

  /**
   * The status of a pod was worked out: workers know the containers that are seen to run, and one that is not ready yet is probed at once
   * (UpdatePodStatus).
   */
  containersSeen(slot: number): void {
    if (!this.steps.planOfPod(slot).hasProbes) return;
    this.forEachProbe(slot, (row, type) => {
      const { table, rows } = this;
      const container = table.container[row] as number;
      if (rows.seen[container] !== ContainerState.Running) {
        // One that was left alone succeeds no more.
        if ((table.quietSince[row] as number) >= 0) this.rest(row);
        return;
      }
      if (table.life[row] !== rows.life[container]) this.meet(row, type);
      else if (type === ProbeType.Readiness && rows.ready[container] === 0) this.trigger(row);
    });
  }

  private forEachProbe(slot: number, each: (row: number, type: number) => void): void {
    const { steps, rows } = this;
    const first = steps.table.firstRow[slot] as number;
    const { containers } = steps.planOfPod(slot);
    for (let index = 0; index < containers.length; index++) {
      const own = rows.probes[first + index] as number;
      if (own < 0) continue;
      const probes = containers[index]?.probes ?? [];
      for (let i = 0; i < probes.length; i++) each(own + i, (probes[i] as { readonly type: number }).type);
    }
  }

  /** A worker sees a new life of its container. */
  private meet(row: number, type: number): void {
    const { table, rows } = this;
    const container = table.container[row] as number;
    this.rest(row);
    table.life[row] = rows.life[container] as number;
    table.verdict[row] = type === ProbeType.Liveness ? Verdict.Success : Verdict.Unknown;
    // Only whether it is ready is asked out of turn.
    if (type === ProbeType.Readiness) this.trigger(row);
    else if (this.mayBegin(row)) this.planTick(row, Math.max(this.steps.simulation.now, this.allowedFrom(row)));
  }

  /** A probe out of turn, if it may be made already; else with the first tick at which it may. */
  private trigger(row: number): void {
    const { steps, table } = this;
    const { now } = steps.simulation;
    // What may not begin yet is planned when the startup probe has succeeded.
    if (!this.mayBegin(row)) return;
    if (now >= this.allowedFrom(row) && now >= (table.beganAt[row] as number)) {
      table.turn[row] = (table.turn[row] as number) + 1;
      this.probe(row);
    } else {
      this.planTick(row, Math.max(now, this.allowedFrom(row)));
    }
  }

  /** Probes of a container that has not started, other than its startup probe, wait; so does a startup probe once it has. */
  private mayBegin(row: number): boolean {
    const { table, rows } = this;
    const isStartup = this.planOf(row).type === ProbeType.Startup;
    return (rows.started[table.container[row] as number] === 1) !== isStartup;
  }

  /** From when on its initial delay lets it be made [ns]. */
  private allowedFrom(row: number): number {
    const { probe } = this.planOf(row);
    return (this.rows.startedAt[this.table.container[row] as number] as number) + probe.initialDelay;
  }

  /** Plans the probe for the first tick at or after an instant. */
  private planTick(row: number, from: number): void {
    const { table, steps } = this;
    const { period } = this.planOf(row).probe;
    const began = table.beganAt[row] as number;
    const ticks = Math.max(0, Math.ceil((from - began) / period));
    this.wake(row);
    table.turn[row] = (table.turn[row] as number) + 1;
    if (!Number.isFinite(from)) return;
    steps.simulation.at((began + ticks * period) as SimTime, this.evTick, row, table.turn[row] as number);
  }

  // ---- one probe -----------------------------------------------------------------------------------------------------------------

  private probe(row: number): void {
    const { steps, table, rows } = this;
    const container = table.container[row] as number;
    const { now } = steps.simulation;
    this.wake(row);
    if (rows.seen[container] !== ContainerState.Running || !this.mayBegin(row)) return;
    // A container that has exited since refuses at once.
    const isThere = rows.state[container] === ContainerState.Running && rows.life[container] === table.life[row];
    const answers = isThere && this.applications.answers(container, now);
    const { probe } = this.planOf(row);
    const span = this.spanOf(row, container, probe, answers, isThere);
    const type = answers && span < probe.timeout ? this.evAnswered : this.evRefused;
    const until = nanoseconds(Math.min(span, probe.timeout));
    steps.simulation.after(until, type, row, table.turn[row] as number);
  }

  /** How long a probe takes: one that hangs, its timeout; one that is refused, or answered, as its handler does. */
  private spanOf(row: number, container: number, probe: Probe, answers: boolean, isThere: boolean): Nanoseconds {
    const { steps } = this;
    if (isThere && !answers && this.applications.hangs(container, steps.simulation.now)) return probe.timeout;
    const { execProbe, networkProbe } = steps.parameters;
    const span = probe.handler === 'exec' ? execProbe : networkProbe;
    const slot = this.rows.pod[container] as number;
    return span.keyedSample(this.spans, steps.entity(slot), steps.simulation.now + row);
  }

  private came(row: number, result: number): void {
    const { table, steps, rows } = this;
    const { type, probe } = this.planOf(row);
    const container = table.container[row] as number;
    if (rows.seen[container] !== ContainerState.Running) return;
    this.record(row, type, result);
    table.run[row] = table.lastResult[row] === result ? (table.run[row] as number) + 1 : 1;
    table.lastResult[row] = result;
    const threshold = result === Verdict.Success ? probe.successThreshold : probe.failureThreshold;
    if ((table.run[row] as number) >= threshold) this.decide(row, type, result);
    // A verdict that has its container killed lets the worker rest until there is a new one.
    const isOnHold =
      result === Verdict.Failure && table.verdict[row] === Verdict.Failure && type !== ProbeType.Readiness;
    if (isOnHold) table.run[row] = 0;
    else if (type !== ProbeType.Startup || table.verdict[row] !== Verdict.Success) this.goOn(row, steps.simulation.now);
  }

  private record(row: number, type: number, result: number): void {
    const { steps, rows, table } = this;
    if (result === Verdict.Success) {
      (this.successes[type] as CounterSeries).add();
      return;
    }
    (this.failures[type] as CounterSeries).add();
    const container = table.container[row] as number;
    const slot = rows.pod[container] as number;
    const message = steps.indexOf(container) * TYPE_NAMES.length + type;
    steps.kubeletOf(slot).recorder.record('Unhealthy', kinds.pods, steps.table.key[slot] as ObjectKey, message);
  }

  /** The next probe: with the next tick, or, if all until then succeed, when the program hangs next. */
  private goOn(row: number, now: number): void {
    const { table } = this;
    const container = table.container[row] as number;
    const { type } = this.planOf(row);
    const isSteady =
      table.verdict[row] === Verdict.Success &&
      table.lastResult[row] === Verdict.Success &&
      this.applications.answers(container, now);
    if (!isSteady) {
      this.planTick(row, now + 1);
      return;
    }
    this.planTick(row, Math.max(now + 1, this.applications.hangsNext(container, now)));
    this.countQuiet(now);
    table.quietSince[row] = now;
    this.quietRate[type] = (this.quietRate[type] as number) + 1 / this.planOf(row).probe.period;
  }

  private decide(row: number, type: number, verdict: number): void {
    const { table, rows } = this;
    if (table.verdict[row] === verdict) return;
    table.verdict[row] = verdict;
    const container = table.container[row] as number;
    const slot = rows.pod[container] as number;
    if (type === ProbeType.Readiness) {
      rows.ready[container] = verdict === Verdict.Success ? 1 : 0;
      this.listener.changed(slot);
    } else if (verdict === Verdict.Failure) {
      this.listener.failed(slot);
    } else if (type === ProbeType.Startup) {
      rows.started[container] = 1;
      this.listener.changed(slot);
      // The readiness probe is made with the sync that follows, the liveness probe with its next tick.
      this.forEachProbe(slot, (other, kind) => {
        if (table.container[other] !== container || kind !== ProbeType.Liveness) return;
        this.planTick(other, Math.max(this.steps.simulation.now, this.allowedFrom(other)));
      });
    }
  }

  /** Up to 1.34 what has a readiness probe is not ready in a new process of the kubelet, until the probe has succeeded once more. */
  forgetReadiness(slot: number): void {
    const { steps, rows } = this;
    const first = steps.table.firstRow[slot] as number;
    steps.planOfPod(slot).containers.forEach(({ probes }, index) => {
      if (probes.some(({ type }) => type === ProbeType.Readiness)) rows.ready[first + index] = 0;
    });
  }

  /** What a container's probes have come to: whether it is to be killed. */
  wantsItKilled(row: number): boolean {
    const own = this.rows.probes[row] as number;
    if (own < 0) return false;
    const { probes } = this.steps.planOf(row);
    for (let i = 0; i < probes.length; i++) {
      const isCurrent = this.table.life[own + i] === this.rows.life[row];
      if (isCurrent && probes[i]?.type !== ProbeType.Readiness && this.table.verdict[own + i] === Verdict.Failure) {
        return true;
      }
    }
    return false;
  }

  /** The grace period that the probe which failed a container gives it; undefined = the pod's. */
  graceOfFailed(row: number): Nanoseconds | undefined {
    const own = this.rows.probes[row] as number;
    const { probes } = this.steps.planOf(row);
    for (let i = 0; i < probes.length; i++) {
      if (own >= 0 && this.table.verdict[own + i] === Verdict.Failure) return probes[i]?.probe.terminationGracePeriod;
    }
    return undefined;
  }

  // ---- small parts ---------------------------------------------------------------------------------------------------------------

  private planOf(row: number) {
    const { probes } = this.steps.planOf(this.table.container[row] as number);
    return probes[this.table.index[row] as number] as (typeof probes)[number];
  }

  /** Nothing is planned for a probe any more. */
  private rest(row: number): void {
    this.wake(row);
    this.table.turn[row] = (this.table.turn[row] as number) + 1;
    this.table.run[row] = 0;
    this.table.lastResult[row] = Verdict.Unknown;
  }

  /** A probe that was left alone is watched again. */
  private wake(row: number): void {
    if ((this.table.quietSince[row] as number) < 0) return;
    const { type, probe } = this.planOf(row);
    this.countQuiet(this.steps.simulation.now);
    this.table.quietSince[row] = -1;
    this.quietRate[type] = Math.max(0, (this.quietRate[type] as number) - 1 / probe.period);
  }

  /** Counts what those that are left alone have succeeded at meanwhile. */
  private countQuiet(now: number): void {
    const span = now - this.countedAt;
    this.countedAt = now;
    for (let type = 0; type < this.quietRate.length; type++) {
      const before = Math.floor(this.quietCount[type] as number);
      const after = (this.quietCount[type] as number) + (this.quietRate[type] as number) * span;
      this.quietCount[type] = after;
      const whole = Math.floor(after) - before;
      if (whole > 0) (this.successes[type] as CounterSeries).add(whole);
    }
  }
}
