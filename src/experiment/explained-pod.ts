/** The pod that a run is to explain: its name as it was asked for, and what is told of it in the end. */
import type { ObjectKey, ObjectKeys } from '../cluster/index.ts';
import type { PodExplanation } from '../components/kube-scheduler/index.ts';
import { nearestName } from '../errors/index.ts';
import type { PodExplanationResult } from './replication-result.ts';

/** "namespace/name" in its parts; a name alone is in the namespace default. */
export function namedPod(written: string): { readonly namespace: string; readonly name: string } {
  const slash = written.indexOf('/');
  return slash < 0
    ? { namespace: 'default', name: written }
    : { namespace: written.slice(0, slash), name: written.slice(slash + 1) };
}

/** What is told of a pod; if there was none of its name, which one may be meant. */
export function explainedPod(pods: ObjectKeys, { namespace, name, steps }: PodExplanation): PodExplanationResult {
  const pod = `${namespace}/${name}`;
  const names = Array.from({ length: pods.count }, (_, key) => pods.path(key as ObjectKey));
  if (names.includes(pod)) return { pod, steps, exists: true };
  const nearest = nearestName(pod, names);
  const [example] = names;
  return {
    pod,
    steps,
    exists: false,
    ...(nearest === undefined ? {} : { nearest }),
    ...(example === undefined ? {} : { example }),
  };
}
