/**
 * Plimsoll as a library: load a scenario, run it, judge it, and turn the results into files. Everything else is inside and may change.
 *
 * ```ts
 * const scenario = loadScenario(files, 'scenarios/quickstart.yaml');
 * const run = await runScenario(scenario, { seed: '7' });
 * console.log(judge(run).holds);
 * ```
 */

export { addonRegistry } from './components/addons/index.ts';
export { type DeschedulerPluginDefinition, deschedulerPlugins } from './components/descheduler/index.ts';
export { controllers } from './components/kube-controller-manager/index.ts';
export { proxyModes } from './components/kube-proxy/index.ts';
export {
  type AlgorithmDefinition,
  algorithmRegistry,
  type PluginDefinition,
  pluginNames,
  pluginRegistry,
} from './components/kube-scheduler/index.ts';
export { parameterRegistry } from './components/parameters.ts';
export {
  type ArchitectureDefinition,
  architectureRegistry,
  placementSettings,
  sharedSettings,
} from './components/scheduling-cell/index.ts';
export { InvariantViolation, type ParameterDefinition, type ParameterSet } from './engine/index.ts';
export { type ErrorCode, type ErrorDefinition, errorCatalogue, nearestName, PlimsollError } from './errors/index.ts';
export {
  type BenchmarkResult,
  baselineText,
  benchmark,
  type Capacity,
  type CapacityRequest,
  type Comparison,
  type ComparisonRequest,
  check,
  checkSpeed,
  compareRuns,
  createRunControl,
  DEFAULT_SEED,
  DEFAULT_SPEED_TOLERANCE,
  defaultMeasures,
  type EndReason,
  type Executor,
  findCapacities,
  type GateOutcome,
  type GateResult,
  type GateResults,
  type GateStatistic,
  type GridPoint,
  gridOf,
  type Job,
  type Journal,
  joinRuns,
  judge,
  mostJobs,
  openExecutor,
  type Point,
  parseAxis,
  parseMeasure,
  type QueueConnection,
  type ReplicationResult,
  type RunControl,
  type RunOptions,
  readSpeedBaseline,
  readTolerances,
  readValue,
  resultsOfBaseline,
  resultsOfDirectory,
  ruleFor,
  runAll,
  runPoints,
  runScenario,
  type ScenarioRun,
  type SearchState,
  type SpeedCheck,
  type StopReason,
  speedBaselineText,
  startQueueWorker,
  type ToleranceRule,
  type Verdict,
  variantName,
  writeValue,
} from './experiment/index.ts';
export { type Imported, type ImportFormat, type ImportFormatName, importFormats } from './formats/index.ts';
export { findMetric, type MetricDefinition, metricCatalogue, metricNames } from './metrics/index.ts';
export {
  aggregateCsv,
  assumptionsInPlay,
  benchmarkTable,
  buildManifest,
  capacityCsv,
  capacityJson,
  capacityLines,
  capacitySections,
  capacityVerdict,
  classCells,
  classHead,
  comparisonCsv,
  comparisonTable,
  explanationText,
  type FurtherResults,
  figureCells,
  figureHead,
  formatParameter,
  frontierTable,
  gateCsv,
  gateJunit,
  gateMarkdown,
  gateTable,
  growthTable,
  histogramsCsv,
  htmlReport,
  isPast,
  type JudgedRun,
  jsonDocument,
  type Manifest,
  openbTable,
  type PageAssets,
  type PresentedComparison,
  presentComparison,
  type ResultFile,
  type RunFacts,
  resultFiles,
  runsOfCapacities,
  speedTable,
  summaryCsv,
  sweepTable,
  timeseriesCsv,
  validationCsv,
  validationTable,
  verdictTable,
} from './report/index.ts';
export { faultKinds } from './scenario/faults/index.ts';
export {
  type Files,
  loadScenario,
  loadScenarioSource,
  operationKinds,
  profiles,
  type ResolvedScenario,
  readWrittenValue,
  resolveScenario,
  resolveVariant,
  type ScenarioOverrides,
  type ScenarioSource,
  scenarioJsonSchema,
  type WrittenValue,
} from './scenario/index.ts';
export { formatDuration, parseBytes, parseDuration } from './units/index.ts';
export {
  type JudgedFigure,
  judgePoint,
  type OpenbFolder,
  type OpenbResult,
  type ParameterValues,
  type PredictionTask,
  pointsOf,
  predictPoint,
  type ValidationResult,
  validate,
  validateOpenb,
  validationCases,
} from './validation/index.ts';
