/** The schema of a scenario file (contract section 3): strict, so that a misspelt key is an error and not a silent default. */
import { z } from 'zod';
import { type AlgorithmName, algorithmRegistry } from '../components/kube-scheduler/index.ts';
import { type ArchitectureName, architectureRegistry } from '../components/scheduling-cell/index.ts';
import { isMap } from '../manifests/index.ts';
import { addonsSchema } from './addons.ts';
import { customResourcesSchema } from './custom-resources.ts';
import { deschedulerSchema } from './descheduler.ts';
import { flowControlSchema } from './flow-control.ts';
import { exponentsSchema } from './growth.ts';
import { scenarioModels } from './model.ts';
import { operationKinds } from './operations/index.ts';
import { parametersSchema } from './parameter-schema.ts';
import { profiles } from './profiles/index.ts';
import { queuesSchema } from './queues.ts';
import { settingsSchema } from './scheduler-settings-schema.ts';
import { severalForms, strictMap } from './schema-parts.ts';
import {
  boundSchema,
  durationSchema,
  labelsSchema,
  memorySchema,
  nameSchema,
  numberSchema,
  positiveDurationSchema,
  type RefusalParams,
  textSchema,
  wholeNumberSchema,
} from './value-forms.ts';
import { webhooksSchema } from './webhooks.ts';

/** apiVersion and kind of a scenario. */
export const SCENARIO_API_VERSION = 'plimsoll.dev/v1';
export const SCENARIO_KIND = 'Scenario';

/** Most replications of one run. */
const MAXIMUM_REPLICATIONS = 10_000;
/** Most replicas of one scheduler: in a control plane one of them works unless leaderElect is false, in a scheduling cell all do. */
const MAXIMUM_SCHEDULER_REPLICAS = 1000;

/** One operation: a map with one key, the kind of the operation. */
const operationSchema = strictMap(
  Object.fromEntries(
    Object.entries(operationKinds).map(([name, kind]) => [
      name,
      kind.schema.optional().meta({ description: kind.help }),
    ]),
  ),
).superRefine((written, context) => {
  const given = Object.keys(written);
  // An operation whose key is unknown has been complained about already.
  if (given.length === 1 || context.issues.length > 0) return;
  const params: RefusalParams = {
    refused: given.length === 0 ? 'the operation is empty' : `one operation has several kinds: ${given.join(', ')}`,
    code: given.length === 0 ? 'P205' : 'P209',
    expected: `one of ${Object.keys(operationKinds).join(', ')}`,
    ...(given.length === 0 ? {} : { fix: 'start a new list item ("- ") for each operation' }),
  };
  context.addIssue({ code: 'custom', message: params.refused, params: { ...params } });
});

const profileName = z.enum(Object.keys(profiles) as [string, ...string[]]);
const profileNames = z.array(profileName);

const schedulerSchema = strictMap({
  name: nameSchema,
  algorithm: z
    .enum([...Object.keys(algorithmRegistry), ...Object.keys(architectureRegistry)] as [
      AlgorithmName | ArchitectureName,
    ])
    .optional(),
  configuration: textSchema('a file with a KubeSchedulerConfiguration, relative to the scenario').optional(),
  replicas: wholeNumberSchema(1, MAXIMUM_SCHEDULER_REPLICAS).optional(),
  leaderElect: z.boolean().optional(),
  settings: settingsSchema.optional(),
});

const objectiveSchema = strictMap({
  metric: textSchema('the name of a metric; `plimsoll list metrics` shows all'),
  labels: labelsSchema.optional(),
  statistic: textSchema('a statistic, such as p99, mean, max, rate or final'),
  below: boundSchema.optional(),
  above: boundSchema.optional(),
  confidence: numberSchema(0, 1).optional(),
});
const objectiveList = z.array(objectiveSchema);
const officialObjectives = z.literal('kubernetes-slos');

/** A value of a param, or of a PATH in `experiment`: anything that YAML can write. */
const anyValue = z.unknown();

const variesSchema = z.record(z.string(), z.array(anyValue).min(1));
const variantsSchema = z.record(z.string(), z.record(z.string(), anyValue));

/** A whole scenario. */
export const scenarioSchema = strictMap({
  apiVersion: z.literal(SCENARIO_API_VERSION),
  kind: z.literal(SCENARIO_KIND),
  metadata: strictMap({ name: nameSchema }),
  spec: strictMap({
    model: z.enum(scenarioModels).optional(),
    profile: severalForms([profileName, profileNames], (written) =>
      Array.isArray(written) ? profileNames : profileName,
    ).optional(),
    replications: wholeNumberSchema(1, MAXIMUM_REPLICATIONS).optional(),
    until: positiveDurationSchema,
    warmUp: durationSchema.optional(),
    params: z.record(z.string(), anyValue).optional(),
    parameters: parametersSchema.optional(),
    schedulers: z.array(schedulerSchema).min(1).optional(),
    queues: queuesSchema.optional(),
    descheduler: deschedulerSchema.optional(),
    addons: addonsSchema.optional(),
    customResources: customResourcesSchema.optional(),
    images: z.record(textSchema('an image with its tag, such as nginx:1.27'), memorySchema).optional(),
    webhooks: webhooksSchema.optional(),
    flowControl: flowControlSchema.optional(),
    operations: z.array(operationSchema).min(1),
    experiment: strictMap({
      vary: variesSchema.optional(),
      variants: variantsSchema.optional(),
      exponents: exponentsSchema.optional(),
    }).optional(),
    objectives: severalForms([officialObjectives, objectiveList], (written) =>
      isMap(written) || Array.isArray(written) ? objectiveList : officialObjectives,
    ).optional(),
  }),
});

/** A scenario as its schema yields it: units parsed, names still to be looked up. */
export type WrittenScenario = z.output<typeof scenarioSchema>;
