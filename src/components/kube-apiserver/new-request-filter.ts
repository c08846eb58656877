/** Which flow control an API server has: priority and fairness, or the in-flight limits alone. */
import type { Kind } from '../../cluster/index.ts';
import { FlowControl } from './flow-control/index.ts';
import { MaxInFlight } from './max-in-flight.ts';
import type { FilterDuties, RequestFilter } from './request-filter.ts';
import type { ApiServerSurroundings } from './surroundings.ts';
import type { WatchCache } from './watch-cache.ts';

/** The filter of one server, by what its surroundings say. */
export function newRequestFilter(
  { simulation, requests, parameters, flowControl }: ApiServerSurroundings,
  name: string,
  { resource, ...duties }: FilterDuties & { resource(kind: Kind): WatchCache },
): RequestFilter {
  if (flowControl === null) return new MaxInFlight({ name, parameters, duties, simulation, requests });
  return new FlowControl({ name, parameters, duties, around: flowControl, resource });
}
