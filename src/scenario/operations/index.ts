/** All kinds of operations, by the name under which a scenario writes them. To add one: a file here and a line below. */
import { apply } from './apply.ts';
import { barrier } from './barrier.ts';
import { callApi } from './call-api.ts';
import { churn } from './churn.ts';
import { compact } from './compact.ts';
import { connect } from './connect.ts';
import { createDeployment } from './create-deployment.ts';
import { createIngress } from './create-ingress.ts';
import { createNamespaces } from './create-namespaces.ts';
import { createNodes } from './create-nodes.ts';
import { createObjects } from './create-objects.ts';
import { createPods } from './create-pods.ts';
import { createService } from './create-service.ts';
import { deleteObjects } from './delete.ts';
import { fault } from './fault.ts';
import { openWatches } from './open-watches.ts';
import { queryDns } from './query-dns.ts';
import { removeFinalizers } from './remove-finalizers.ts';
import { removeSchedulingGates } from './remove-scheduling-gates.ts';
import { rollout } from './rollout.ts';
import { scale } from './scale.ts';
import { sleep } from './sleep.ts';
import { stop } from './stop.ts';
import { submitJobs } from './submit-jobs.ts';
import { writeLogs } from './write-logs.ts';

export const operationKinds = {
  createNodes,
  createNamespaces,
  createDeployment,
  createService,
  createIngress,
  createPods,
  createObjects,
  apply,
  scale,
  delete: deleteObjects,
  removeFinalizers,
  removeSchedulingGates,
  churn,
  callApi,
  openWatches,
  queryDns,
  connect,
  writeLogs,
  stop,
  barrier,
  sleep,
  fault,
  rollout,
  submitJobs,
  compact,
} as const;

/** Name of a kind of operation. */
export type OperationName = keyof typeof operationKinds;

/** One operation, resolved. */
export type Operation = ReturnType<(typeof operationKinds)[OperationName]['resolve']>;

export type { Apply } from './apply.ts';
export type { Arrivals } from './arrivals.ts';
export type { Barrier, BarrierCondition, BarrierConditionKind } from './barrier.ts';
export type { CallApi } from './call-api.ts';
export type { Churn, ChurnedObject } from './churn.ts';
export { defaultClient, type OperationClient } from './client.ts';
export type { Compact } from './compact.ts';
export type { Connect } from './connect.ts';
export type { CreateDeployment, DeploymentIntent } from './create-deployment.ts';
export type { CreateIngress } from './create-ingress.ts';
export type { CreateNamespaces } from './create-namespaces.ts';
export type { CreateNodes } from './create-nodes.ts';
export type { CreateObjects } from './create-objects.ts';
export type { CreatePods } from './create-pods.ts';
export type { CreateService, ServiceIntent } from './create-service.ts';
export type { DeletableKind, Delete } from './delete.ts';
export type { InjectFault } from './fault.ts';
export type { OpenWatches } from './open-watches.ts';
export type { OperationKind, Requesting } from './operation.ts';
export type { QueryDns } from './query-dns.ts';
export type { RemoveFinalizers } from './remove-finalizers.ts';
export type { RemoveSchedulingGates } from './remove-scheduling-gates.ts';
export type { Rollout } from './rollout.ts';
export type { ReplicaChange, Scale } from './scale.ts';
export { isSelected, type Selection } from './selection.ts';
export type { Sleep } from './sleep.ts';
export type { Stop } from './stop.ts';
export type { Inflation, JobRow, SubmitJobs } from './submit-jobs.ts';
export type { WriteLogs } from './write-logs.ts';
