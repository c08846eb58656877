/**
 * How much a statistic may change before a gate fails: rules in YAML, of which the first that fits a statistic decides.
 *
 * ```yaml
 * apiVersion: plimsoll.dev/v1
 * kind: Tolerances
 * rules:
 *   - { metric: pod_startup_latency_seconds, labels: { phase: total }, statistics: [p50, p99], relative: 5% }
 *   - { metric: etcd_*, absolute: 2ms, worse: higher }
 *   - { metric: "*", ignore: true }
 * ```
 */
import { z } from 'zod';
import { combineErrors, PlimsollError } from '../../errors/index.ts';
import { parseYaml, type ValuePath } from '../../manifests/index.ts';
import { labelsMatch, metricNames, parseLabels, type StatisticName, statisticNames } from '../../metrics/index.ts';
import { errorsFromIssues } from '../../scenario/issues.ts';
import { parseBound } from '../../scenario/objectives.ts';
import { type Provenance, place } from '../../scenario/provenance.ts';
import { strictMap } from '../../scenario/schema-parts.ts';
import { unknownNameError } from '../../scenario/unknown-name.ts';
import {
  boundSchema,
  choiceSchema,
  labelsSchema,
  numberSchema,
  ratioSchema,
  textSchema,
} from '../../scenario/value-forms.ts';
import type { GateStatistic } from './gate-results.ts';

/** Which direction of change is a worsening; a change the other way never fails a gate. */
export type Worse = 'higher' | 'lower' | 'either';

/** One rule. */
export interface ToleranceRule {
  /** Name of a metric; "*" stands for any letters. */
  readonly metric: string;
  /** Labels that a series must have; others may be there too. */
  readonly labels: Readonly<Record<string, string>>;
  /** Which statistics of it; empty = all. */
  readonly statistics: readonly StatisticName[];
  /** Whether nothing at all may change, which only equal seeds can promise. */
  readonly exact: boolean;
  /** Whether it is not looked at. */
  readonly ignore: boolean;
  /** Most change as a share of the baseline; undefined = no such bound. */
  readonly relative: number | undefined;
  /** Most change in the unit of the statistic, as it is written; undefined = no such bound. A change within either bound is tolerated. */
  readonly absolute: string | number | undefined;
  /** Undefined = what the metric itself says, else either. */
  readonly worse: Worse | undefined;
  /** Chance of a false alarm over all statistics that are judged by a test, by Holm's correction; the first rule's counts. */
  readonly significance: number;
}

/** Significance where a rule says none. */
const USUAL_SIGNIFICANCE = 0.05;
/** Largest relative tolerance: a hundredfold. */
const LARGEST_RELATIVE = 100;

/** Without rules everything is compared, as exactly as seeds allow. */
export const exactRule: ToleranceRule = {
  metric: '*',
  labels: {},
  statistics: [],
  exact: false,
  ignore: false,
  relative: undefined,
  absolute: undefined,
  worse: undefined,
  significance: USUAL_SIGNIFICANCE,
};

const ruleSchema = strictMap({
  metric: textSchema('the name of a metric, or a pattern such as etcd_*'),
  labels: labelsSchema.optional(),
  statistics: z.array(choiceSchema(statisticNames)).min(1).optional(),
  exact: z.boolean().optional(),
  ignore: z.boolean().optional(),
  relative: ratioSchema(LARGEST_RELATIVE).optional(),
  absolute: boundSchema.optional(),
  worse: choiceSchema(['higher', 'lower', 'either']).optional(),
  significance: numberSchema(0, 1).optional(),
});

const tolerancesSchema = strictMap({
  apiVersion: z.literal('plimsoll.dev/v1'),
  kind: z.literal('Tolerances'),
  rules: z.array(ruleSchema).min(1),
});

/** Reads the rules of a file. Throws one PlimsollError with everything that is wrong in it. */
export function readTolerances(file: string, text: string): readonly ToleranceRule[] {
  const [document] = parseYaml(file, text);
  if (document === undefined) {
    throw new PlimsollError('P205', {
      message: 'the file is empty',
      position: { file, line: 1, column: 1 },
      expected: 'apiVersion, kind: Tolerances and rules',
    });
  }
  const context: Provenance = { document, value: document.value, overridden: [] };
  const parsed = tolerancesSchema.safeParse(document.value);
  if (!parsed.success) throw combineErrors(errorsFromIssues(parsed.error.issues, context));
  const errors = parsed.data.rules.flatMap((rule, i) => problemsOf(rule, ['rules', i], context));
  if (errors.length > 0) throw combineErrors(errors);
  return parsed.data.rules.map(({ labels, statistics, significance, ...rule }) => ({
    ...exactRule,
    ...rule,
    exact: rule.exact ?? false,
    ignore: rule.ignore ?? false,
    labels: labels ?? {},
    statistics: statistics ?? [],
    significance: significance ?? USUAL_SIGNIFICANCE,
  }));
}

/** The first rule that fits a statistic; undefined = none, so that it is not looked at. */
export function ruleFor(
  rules: readonly ToleranceRule[],
  { metric, labels, statistic }: GateStatistic,
): ToleranceRule | undefined {
  const own = parseLabels(labels);
  return rules.find(
    (rule) =>
      patternOf(rule.metric).test(metric) &&
      labelsMatch(own, rule.labels) &&
      (rule.statistics.length === 0 || rule.statistics.includes(statistic)),
  );
}

/** A pattern of a metric's name: "*" is any run of letters. */
function patternOf(pattern: string): RegExp {
  return new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
}

/** What a schema cannot see: names that no metric has, and keys that contradict each other. */
function problemsOf(
  { metric, exact, ignore, relative, absolute }: z.output<typeof ruleSchema>,
  path: ValuePath,
  context: Provenance,
): PlimsollError[] {
  const errors: PlimsollError[] = [];
  if (!metricNames.some((name) => patternOf(metric).test(name))) {
    errors.push(
      unknownNameError(metric, metricNames, {
        message: `no metric is named ${metric}`,
        place: place([...path, 'metric'], context),
      }),
    );
  }
  const given = [exact === true, ignore === true, relative !== undefined || absolute !== undefined];
  if (given.filter(Boolean).length > 1) {
    errors.push(
      new PlimsollError('P209', {
        ...place(path, context),
        message: 'the rule says several things that exclude each other',
        expected: 'exact, or ignore, or relative and absolute',
        fix: 'keep one of them',
      }),
    );
  }
  const units = ['s', 'B', '1/s', '1'] as const;
  if (absolute !== undefined && units.every((unit) => parseBound(absolute, unit) === undefined)) {
    errors.push(
      new PlimsollError('P204', {
        ...place([...path, 'absolute'], context),
        message: `${JSON.stringify(absolute)} is no amount of anything`,
        expected: 'an amount in the unit of the metric, such as 5ms, 8Mi, 10/s or 3',
      }),
    );
  }
  return errors;
}
