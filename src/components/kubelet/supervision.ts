/**
 * Who starts a kubelet again whose process has exited: systemd or Supervisord.
 *
 * systemd (Restart=always): the unit is started again RestartSec after the exit, unless it was started StartLimitBurst times within
 * StartLimitIntervalSec already; then it has failed, and stays down until somebody acts. The unit of kubeadm sets RestartSec=10 and no limit.
 * https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html; systemd src/basic/ratelimit.c (windows begin with the first start).
 * Supervisord notices an exit in its loop. A process that ran for startsecs is started at once; one that did not is started again after 1, 2, 3 … s,
 * and after startretries such attempts the program is FATAL and stays down. https://github.com/Supervisor/supervisor/blob/main/supervisor/process.py.
 */
import type { EventType, KeyedStream, Simulation, ValuesOf } from '../../engine/index.ts';
import type { CounterSeries, GaugeSeries, MetricRecorder } from '../../metrics/index.ts';
import { type Nanoseconds, nanoseconds, seconds } from '../../units/index.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';
import type { Kubelet } from './kubelet.ts';

/** Supervisord's pause grows by this with each failed start (Subprocess.change_state). */
const BACKOFF_STEP = seconds(1);

/** What a supervisor knows of one process. */
export class SupervisionState {
  /** When the process was last started [ns], state. */
  startedAt = 0;
  /** Start of systemd's window of starts [ns], and starts within it, state. */
  windowBegan = Number.NEGATIVE_INFINITY;
  windowStarts = 0;
  /** Starts in a row that Supervisord counts as failed, state. */
  failedStarts = 0;
  /** Whether it was given up: nobody starts it but by hand, state. */
  isGivenUp = false;
}

/** The supervisors of all kubelets. */
export class Supervision {
  private readonly simulation: Simulation;
  private readonly parameters: ValuesOf<typeof kubeletParameters>;
  private readonly kubelets: readonly Kubelet[];
  private readonly start: (kubelet: Kubelet) => void;
  private readonly polls: KeyedStream;
  private readonly evStart: EventType;
  private readonly recorder: MetricRecorder;

  /** `start`: the process of a kubelet is executed now. */
  constructor(
    simulation: Simulation,
    recorder: MetricRecorder,
    parameters: Supervision['parameters'],
    kubelets: readonly Kubelet[],
    start: (kubelet: Kubelet) => void,
  ) {
    this.simulation = simulation;
    this.parameters = parameters;
    this.kubelets = kubelets;
    this.start = start;
    this.polls = simulation.streams.keyed('kubelet.supervision');
    this.evStart = simulation.on('kubelet: started by its supervisor', (index, epoch) => {
      const kubelet = this.kubelets[index] as Kubelet;
      if (kubelet.epoch === epoch) this.tryToStart(kubelet);
    });
    this.recorder = recorder;
  }

  /** The process of a kubelet has exited by itself. */
  exited(kubelet: Kubelet): void {
    this.givenUp().add(0);
    if (this.parameters.supervisor === 'systemd') this.startAfter(kubelet, this.parameters.systemdRestartSec);
    else this.supervisordReaps(kubelet);
  }

  /** Somebody starts it, also if it was given up (systemctl reset-failed and start, supervisorctl start). */
  startByHand(kubelet: Kubelet): void {
    this.forget(kubelet);
    this.execute(kubelet);
  }

  /** The machine has lost power: its supervisor begins anew with it. */
  forget(kubelet: Kubelet): void {
    const { supervision } = kubelet;
    if (supervision.isGivenUp) this.givenUp().add(-1);
    supervision.isGivenUp = false;
    supervision.failedStarts = 0;
    supervision.windowStarts = 0;
    supervision.windowBegan = Number.NEGATIVE_INFINITY;
  }

  private supervisordReaps(kubelet: Kubelet): void {
    const { supervisordStartSeconds, supervisordStartRetries, supervisordPoll } = this.parameters;
    const { supervision } = kubelet;
    const noticed = supervisordPoll * this.polls.uniform(kubelet.index, this.simulation.now);
    if (this.simulation.now - supervision.startedAt >= supervisordStartSeconds) {
      supervision.failedStarts = 0;
      this.startAfter(kubelet, nanoseconds(noticed));
      return;
    }
    supervision.failedStarts++;
    if (supervision.failedStarts > supervisordStartRetries) this.giveUp(kubelet);
    else this.startAfter(kubelet, nanoseconds(noticed + supervision.failedStarts * BACKOFF_STEP));
  }

  private startAfter(kubelet: Kubelet, span: Nanoseconds): void {
    this.simulation.after(span, this.evStart, kubelet.index, kubelet.epoch);
  }

  private tryToStart(kubelet: Kubelet): void {
    if (this.parameters.supervisor === 'systemd' && !this.isWithinStartLimit(kubelet.supervision)) {
      this.giveUp(kubelet);
      return;
    }
    this.execute(kubelet);
  }

  /** Counts a start of systemd's; false if there were too many. */
  private isWithinStartLimit(supervision: SupervisionState): boolean {
    const { systemdStartLimitInterval, systemdStartLimitBurst } = this.parameters;
    if (systemdStartLimitInterval === 0) return true;
    const { now } = this.simulation;
    if (now - supervision.windowBegan >= systemdStartLimitInterval) {
      supervision.windowBegan = now;
      supervision.windowStarts = 0;
    }
    supervision.windowStarts++;
    return supervision.windowStarts <= systemdStartLimitBurst;
  }

  private execute(kubelet: Kubelet): void {
    kubelet.supervision.startedAt = this.simulation.now;
    this.restarts().add();
    this.start(kubelet);
  }

  private giveUp(kubelet: Kubelet): void {
    kubelet.supervision.isGivenUp = true;
    this.givenUp().add(1);
  }

  /** Series are made by the first process that ends: clusters in which none does have none. */
  private restarts(): CounterSeries {
    return this.recorder.counter('plimsoll_kubelet_restarts_total', { supervisor: this.parameters.supervisor });
  }

  private givenUp(): GaugeSeries {
    return this.recorder.gauge('plimsoll_kubelets_given_up', { supervisor: this.parameters.supervisor });
  }
}
