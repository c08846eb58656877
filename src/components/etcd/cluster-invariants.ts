/** What holds of a cluster of etcd at any time. */
import type { Simulation } from '../../engine/index.ts';
import type { Keyspace } from './mvcc/index.ts';
import type { Operations } from './operations.ts';
import type { Proposal } from './proposal.ts';
import { RaftSafety } from './raft/index.ts';
import type { ReplicatedState } from './replicated-state.ts';
import type { Seat } from './seat.ts';

/** What is looked at. */
export interface CheckedCluster {
  readonly simulation: Simulation;
  readonly keyspace: Keyspace;
  readonly operations: Operations;
  readonly state: ReplicatedState;
  readonly seats: readonly Seat[];
}

/**
 * Adds checks: every revision is a transaction that changed a key; no request is lost; no member has applied what is not computed; raft is safe. Returns
 * the last of them.
 */
export function addClusterInvariants({ keyspace, operations, state, seats, ...around }: CheckedCluster): () => void {
  const simulation: Simulation = around.simulation;
  const safety = new RaftSafety<Proposal>((reason) => simulation.invariant(false, 'etcd', reason));
  const checkRaft = () => {
    const running = seats.filter(({ member }) => member.isUp);
    safety.check(running.map(({ member }) => member.node));
  };
  simulation.addInvariantCheck('etcd', () => {
    simulation.invariant(
      keyspace.revision - 1 === keyspace.commits,
      'etcd',
      `revision ${keyspace.revision} but ${keyspace.commits} committed transactions that changed a key`,
    );
    simulation.invariant(
      operations.begun === operations.ended + operations.countOpen(),
      'etcd',
      `${operations.begun} requests came, ${operations.ended} were answered, ${operations.countOpen()} are open`,
    );
    checkRaft();
    for (const { member } of seats) {
      simulation.invariant(
        member.apply.applied <= state.computed,
        'etcd',
        `${member.name} has applied ${member.apply.applied}, but ${state.computed} is the last that was computed`,
      );
    }
  });
  return checkRaft;
}
