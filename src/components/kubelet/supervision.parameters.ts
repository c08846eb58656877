/** Parameters of whoever starts kubelets again: systemd or Supervisord. */
import { choice, count, defineParameters, documentation, duration, sourceCode } from '../../engine/index.ts';
import { milliseconds, nanoseconds, seconds } from '../../units/index.ts';

const SYSTEMD = 'https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html';
const SUPERVISORD = 'https://supervisord.org/configuration.html';
const NO_SPAN = nanoseconds(0);

export const supervisionParameters = defineParameters({
  supervisor: choice<'systemd' | 'supervisord'>({
    default: 'systemd',
    choices: ['systemd', 'supervisord'],
    help: 'What starts a kubelet again whose process has exited.',
    source: documentation('https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/kubelet-integration/'),
  }),
  systemdRestartSec: duration({
    default: seconds(10),
    range: [NO_SPAN, seconds(3600)],
    help: 'RestartSec of the unit: pause between the exit of the kubelet and its next start by systemd.',
    source: sourceCode('https://github.com/kubernetes/release: cmd/krel/templates/latest/kubelet/kubelet.service'),
  }),
  systemdStartLimitInterval: duration({
    default: NO_SPAN,
    range: [NO_SPAN, seconds(86_400)],
    help: 'StartLimitIntervalSec of the unit: window in which starts by systemd are counted; 0 = no limit, as in the unit of kubeadm.',
    source: sourceCode('https://github.com/kubernetes/release: cmd/krel/templates/latest/kubelet/kubelet.service'),
  }),
  systemdStartLimitBurst: count({
    default: 5,
    unit: 'start',
    range: [1, 1e6],
    help: 'StartLimitBurst of the unit: starts within that window; a unit that would need more has failed and stays down.',
    source: documentation(SYSTEMD, 'DefaultStartLimitBurst'),
  }),
  supervisordStartSeconds: duration({
    default: seconds(1),
    range: [NO_SPAN, seconds(3600)],
    help: 'startsecs of the program: a process that exits sooner has failed to start.',
    source: documentation(SUPERVISORD),
  }),
  supervisordStartRetries: count({
    default: 3,
    unit: 'start',
    range: [0, 1e6],
    help: 'startretries of the program: failed starts in a row after which Supervisord gives it up (FATAL); the pauses between them are 1, 2, 3 … s.',
    source: documentation(SUPERVISORD),
  }),
  supervisordPoll: duration({
    default: seconds(1),
    range: [milliseconds(1), seconds(60)],
    help: "Period of Supervisord's loop, in which it notices that a process has exited; the moment within it is uniform.",
    source: sourceCode('https://github.com/Supervisor/supervisor/blob/main/supervisor/supervisord.py', 'runforever'),
  }),
});
