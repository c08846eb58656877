/**
 * A balancer of layer 4 before the API servers: it places connections, not requests, in turn or on the server with the fewest. By its health checks it
 * learns some time late that a server is down or up again; until then it still sends connections to a dead server, which refuses them.
 */
import type { Simulation, ValuesOf } from '../../engine/index.ts';
import type { networkParameters } from '../host/host.parameters.ts';
import type { ApiServer } from '../kube-apiserver/index.ts';

/** The balancer of a cluster. */
export class Balancer {
  private readonly simulation: Simulation;
  private readonly parameters: ValuesOf<typeof networkParameters>;
  /** Where the next turn begins, state. */
  private turn = 0;

  constructor(simulation: Simulation, parameters: Balancer['parameters']) {
    this.simulation = simulation;
    this.parameters = parameters;
  }

  /** The server of a new connection; undefined = the connection is refused. `load`: connections of a server now. */
  place(servers: readonly ApiServer[], load: (server: number) => number): ApiServer | undefined {
    let chosen: ApiServer | undefined;
    for (let i = 0; i < servers.length; i++) {
      const server = servers[(this.turn + i) % servers.length] as ApiServer;
      if (servers.length > 1 && !this.isInRotation(server)) continue;
      if (chosen === undefined || load(server.index) < load(chosen.index)) chosen = server;
      if (this.parameters.balancerPolicy === 'roundRobin') break;
    }
    if (chosen === undefined) return undefined;
    this.turn = (chosen.index + 1) % servers.length;
    return chosen.isUp ? chosen : undefined;
  }

  private isInRotation(server: ApiServer): boolean {
    const since = this.simulation.now - server.upOrDownSince;
    return server.isUp ? since >= this.parameters.balancerRecovery : since < this.parameters.balancerDetection;
  }
}
