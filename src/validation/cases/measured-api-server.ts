/** The machine on which the API server was measured: one core for it and etcd, clients on the other; see data/measured/README.md. */
import { ApiWorld } from '../api-world.ts';
import { caseParameters, type ParameterValues } from '../case-parameters.ts';

/** CPU of the load client for a request over HTTPS with JSON: crud.csv, client_cpu_us, at high concurrency [ns]. */
export const CLIENT_CPU = 200_000;

/** The same for a GET [ns]. */
export const CLIENT_CPU_OF_GET = 110_000;

/** Bytes of the pods as etcd stores them: 1.8 kB in JSON, see the lists of both encodings in list.csv [B]. */
export const POD_BYTES = 1184;

/** Bytes of the ConfigMaps as etcd stores them: 0.95 kB in JSON, see the events of watch_fanout.csv [B]. */
export const CONFIG_MAP_BYTES = 617;

/** That machine. */
export function measuredApiServer(overrides: ParameterValues, special: ParameterValues = {}): ApiWorld {
  return new ApiWorld(caseParameters(['measured-2core'], special, overrides));
}
