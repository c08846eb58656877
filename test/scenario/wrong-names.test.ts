/** Scenarios with wrong names of profiles, parameters, schedulers, objectives and PATHs. */

import { scenarioText } from './support.ts';
import { describeWrongScenarios, objective } from './wrong-scenario.ts';

describeWrongScenarios([
  // Profiles, parameters, schedulers.
  {
    name: 'an unknown profile',
    text: scenarioText('profile: [scale-tests]'),
    code: 'P208',
    at: 'scenario.yaml:7:13',
    path: 'spec.profile[0]',
    nearest: 'scale-test',
  },
  {
    name: 'an unknown parameter',
    text: scenarioText('parameters: { etcd.member: 5 }'),
    code: 'P203',
    at: 'scenario.yaml:7:17',
    path: 'spec.parameters["etcd.member"]',
    nearest: 'etcd.members',
  },
  {
    name: 'a parameter out of range',
    text: scenarioText('parameters: { etcd.members: 99 }'),
    code: 'P206',
    at: 'scenario.yaml:7:31',
    fix: '1 to 7',
  },
  {
    name: 'a duration parameter with a wrong unit',
    text: scenarioText('parameters: { etcd.heartbeatInterval: 100 millis }'),
    code: 'P204',
    at: 'scenario.yaml:7:41',
    fix: '"100ms"',
  },
  {
    name: 'an unknown algorithm',
    text: scenarioText('schedulers: [{ name: default-scheduler, algorithm: kube-schedulr }]'),
    code: 'P208',
    at: 'scenario.yaml:7:54',
    nearest: 'kube-scheduler',
  },
  {
    name: 'an unknown setting',
    text: scenarioText('schedulers: [{ name: default-scheduler, settings: { scorin: MostAllocated } }]'),
    code: 'P208',
    at: 'scenario.yaml:7:63',
    nearest: 'scoring',
  },
  // Objectives.
  {
    name: 'an objective without bound',
    text: objective('metric: pod_startup_latency_seconds, statistic: p99'),
    code: 'P205',
    at: 'scenario.yaml:8:7',
    path: 'spec.objectives[0]',
    fix: 'below: 1s',
  },
  {
    name: 'an objective with two bounds',
    text: objective('metric: pod_startup_latency_seconds, statistic: p99, below: 5s, above: 1s'),
    code: 'P209',
    at: 'scenario.yaml:8:7',
  },
  {
    name: 'an unknown metric',
    text: objective('metric: pod_startup_latency_second, statistic: p99, below: 5s'),
    code: 'P208',
    at: 'scenario.yaml:8:17',
    nearest: 'pod_startup_latency_seconds',
  },
  {
    name: 'an unknown statistic',
    text: objective('metric: pod_startup_latency_seconds, statistic: p98, below: 5s'),
    code: 'P208',
    at: 'scenario.yaml:8:57',
    nearest: 'p90',
  },
  {
    name: 'an unknown label',
    text: objective('metric: pod_startup_latency_seconds, labels: { phse: total }, statistic: p99, below: 5s'),
    code: 'P208',
    at: 'scenario.yaml:8:62',
    nearest: 'phase',
  },
  {
    name: 'a bound in the wrong unit',
    text: objective('metric: pod_startup_latency_seconds, statistic: p99, below: 5 bananas'),
    code: 'P204',
    at: 'scenario.yaml:8:69',
    expected: 'duration',
  },
  {
    name: 'a bound without end',
    text: objective('metric: pod_startup_latency_seconds, statistic: p99, below: .inf'),
    code: 'P204',
    at: 'scenario.yaml:8:69',
    expected: 'bound in the unit',
  },
  {
    name: 'a misspelt set of objectives',
    text: scenarioText('objectives: kubernetes-slo'),
    code: 'P208',
    at: 'scenario.yaml:7:15',
    nearest: 'kubernetes-slos',
  },
  // Experiments.
  {
    name: 'an unknown PATH in vary',
    text: scenarioText('experiment: { vary: { etcd.membrs: [1, 3] } }'),
    code: 'P208',
    at: 'scenario.yaml:7:39',
    path: 'spec.experiment.vary["etcd.membrs"][0]',
    nearest: 'etcd.members',
  },
  {
    name: 'a value in vary that its parameter refuses',
    text: scenarioText('experiment: { vary: { etcd.members: [1, 99] } }'),
    code: 'P206',
    at: 'scenario.yaml:7:43',
    path: 'spec.experiment.vary["etcd.members"][1]',
  },
  {
    name: 'a variant with an unknown PATH',
    text: scenarioText('experiment: { variants: { five: { etcd.memberz: 5 } } }'),
    code: 'P208',
    at: 'scenario.yaml:7:35',
    nearest: 'etcd.members',
  },
]);
