/**
 * A scenario after resolution: defaults, profiles, the file and --set applied in that order, $params replaced, files read, units parsed.
 * Everything behind this point (experiment, workers) needs nothing else; it is plain data, so that it crosses to a worker as it is.
 */
import type { CustomResource } from '../cluster/index.ts';
import type { AddonSelection } from '../components/addons/index.ts';
import type { DeschedulerPolicy } from '../components/descheduler/index.ts';
import type { FlowControlConfiguration } from '../components/kube-apiserver/index.ts';
import type { AlgorithmName, AlgorithmSettings, SchedulerConfiguration } from '../components/kube-scheduler/index.ts';
import type { ArchitectureName, QueueSpecification } from '../components/scheduling-cell/index.ts';
import type { DistributionSpec } from '../engine/index.ts';
import type { TemplateEntry } from '../manifests/index.ts';
import type { Nanoseconds } from '../units/index.ts';
import type { Exponent } from './growth.ts';
import type { ScenarioModel } from './model.ts';
import type { Operation } from './operations/index.ts';
import type { Webhook } from './webhooks.ts';

/** A plain value of a parameter before it is made into what the model takes (durations are nanoseconds). */
export type PlainValue = number | boolean | string | DistributionSpec;

/** A value as it is written in YAML, before any unit is parsed: what `experiment` and --set give to a PATH. */
export type WrittenValue =
  | string
  | number
  | boolean
  | null
  | readonly WrittenValue[]
  | { readonly [key: string]: WrittenValue };

/** Plain values of all parameters by component and name ("kubeScheduler" → "clientQps" → 50). */
export type PlainParameters = Readonly<Record<string, Readonly<Record<string, PlainValue>>>>;

/** A parameter whose value differs from its default, and who changed it. */
export interface ParameterOverride {
  /** "kubeScheduler.clientQps". */
  readonly path: string;
  readonly value: PlainValue;
  readonly default: PlainValue;
  /** "profile scale-test", "scenario", "--set", or "variant" for a point of a sweep. */
  readonly origin: string;
}

/** One scheduler of the scenario. */
export interface SchedulerSelection {
  readonly name: string;
  /** As written: a chooser of nodes, or (in a scheduling cell) an architecture. */
  readonly algorithm: AlgorithmName | ArchitectureName;
  /** Its profiles, plugins, arguments and limits: from its KubeSchedulerConfiguration file and its settings, or the defaults. */
  readonly configuration: SchedulerConfiguration;
  /** Instances, of which one works unless its configuration says leaderElect: false; as many as kubeScheduler.instances says if left out. */
  readonly replicas?: number;
  /** Settings of the algorithm as written; {@link configuration} has them already. */
  readonly settings: AlgorithmSettings;
  /** What works under its name in a scheduling cell; undefined in a control plane. */
  readonly cell?: { readonly architecture: ArchitectureName; readonly settings: AlgorithmSettings };
}

/** One objective. It holds if the statistic is below (or above) the bound. */
export interface Objective {
  readonly metric: string;
  /** Labels that select series; histograms of all that match are merged. */
  readonly labels: Readonly<Record<string, string>>;
  /** "p99", "mean", "max", "rate", "final", … */
  readonly statistic: string;
  /** Bound in the metric's own unit (seconds for durations). */
  readonly below?: number;
  readonly above?: number;
  /** Share of replications in which it must hold; undefined = in every one. */
  readonly confidence?: number;
}

/** A scenario ready to run. */
export interface ResolvedScenario {
  readonly name: string;
  /** The question in the file's first comment, "" if it has none. */
  readonly question: string;
  /** Path of the file as the user gave it. */
  readonly file: string;
  readonly model: ScenarioModel;
  readonly profiles: readonly string[];
  readonly replications: number;
  readonly until: Nanoseconds;
  readonly warmUp: Nanoseconds;
  readonly params: Readonly<Record<string, WrittenValue>>;
  readonly parameters: PlainParameters;
  readonly overrides: readonly ParameterOverride[];
  readonly schedulers: readonly SchedulerSelection[];
  /** Queues of tenants in a scheduling cell, parents before their children. */
  readonly queues: readonly QueueSpecification[];
  /** What is evicted now and then so that it may be placed better; undefined = nothing. */
  readonly descheduler?: DeschedulerPolicy | undefined;
  /** Add-ons of the cluster. */
  readonly addons: readonly AddonSelection[];
  /** Kinds beside the built-in ones. */
  readonly customResources: readonly CustomResource[];
  /** Compressed sizes of images by name [B]; those of others are drawn. */
  readonly images: Readonly<Record<string, number>>;
  /** Admission webhooks, in the order in which they are asked. */
  readonly webhooks: readonly Webhook[];
  /** Levels and schemas of priority and fairness. */
  readonly flowControl: FlowControlConfiguration;
  readonly operations: readonly Operation[];
  /** Templates of all pods in the operations, by id: `new TemplateRegistry(templates)` makes the registry of a run. */
  readonly templates: readonly TemplateEntry[];
  readonly objectives: readonly Objective[];
  readonly experiment: {
    /** Grid of a sweep: PATH to values, in the order of the file. */
    readonly vary: Readonly<Record<string, readonly WrittenValue[]>>;
    /** Named variants: PATH to value. */
    readonly variants: Readonly<Record<string, Readonly<Record<string, WrittenValue>>>>;
    /** Growth that a sweep is to be asked for. */
    readonly exponents: readonly Exponent[];
  };
  /** Kinds and fields accepted without effect, once each ("Deployment spec.template.spec.securityContext"). */
  readonly acceptedWithoutEffect: readonly string[];
}
