/** Figures of the API server that others have published: lists of very many and of very large objects. */
import { kinds } from '../../cluster/index.ts';
import { EVERYTHING } from '../../components/kube-apiserver/index.ts';
import { PagedList } from '../../components/load-generator/index.ts';
import { runApiLoad } from '../api-load.ts';
import { ApiWorld } from '../api-world.ts';
import { caseParameters } from '../case-parameters.ts';
import { numberOf, validationCase } from '../validation-case.ts';
import { preloadPods } from './measured-pods.ts';
import { PUBLISHED, publishedPoints } from './published-points.ts';

/** Window: enough for the slowest list, which takes 11 s [s]. */
const WINDOW_S = 40;

export const publishedApiserver = validationCase({
  component: 'kube-apiserver',
  measured:
    'lists of hundreds of thousands of objects, and of objects of 1 MB, from the watch cache of API servers on large machines',
  driven:
    'the same list, again and again by one client; compression is what the publication says as far as the model has it',
  data: PUBLISHED,
  points: (text) =>
    publishedPoints(
      text,
      'AP-',
      ({ op, count, resource, size, share }) =>
        `${op} ${count} ${resource} of ${size} B${share === 0 ? '' : ', a selector that matches none'}`,
    ),
  predict: (conditions, overrides) => {
    const world = new ApiWorld(caseParameters([String(conditions.host)], { 'etcd.members': 1 }, overrides));
    const count = numberOf(conditions, 'count');
    const size = numberOf(conditions, 'size');
    if (conditions.resource === 'pods') preloadPods(world, count, size);
    else world.preloadConfigMaps(count, size);
    const result = runApiLoad(world, {
      pattern: new PagedList({
        kind: conditions.resource === 'pods' ? kinds.pods : kinds.configmaps,
        bucket: () => EVERYTHING,
        fromCache: conditions.fromCache === 1,
        limit: 0,
        selectedShare: numberOf(conditions, 'share'),
      }),
      clients: 1,
      clientCpu: 0,
      window: WINDOW_S,
    });
    return { mean: result.milliseconds('mean'), 'server CPU': result.serverCpu / 1000 };
  },
});
