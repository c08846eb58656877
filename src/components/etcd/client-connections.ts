/**
 * Which member each API server talks to. kubeadm gives a stacked API server the member on its own host alone; with an external etcd, or with
 * kubeApiserver.etcdEndpoints = all, requests go to all members in turn and leave out those that cannot be reached (E:client/v3, round robin over
 * the connections that are ready). A watch stays with one member until that is gone.
 *
 * A member whose process ends is known to be gone at once (the connection is reset); one that stands still only when a keep-alive stays without
 * answer. Left out: connections take no time to come back.
 */
import { type MemberId, NO_MEMBER } from './raft/index.ts';

/** How API servers reach etcd. */
export interface ClientConnectionOptions {
  /** The only member that an API server knows; undefined = it knows all. */
  readonly only: (server: number) => MemberId | undefined;
  /** Members that can be reached now; those that came later may be left out by API servers that do not know them. */
  readonly isReachable: (member: MemberId) => boolean;
  /** Whether the watches of a member are served: it has a leader. */
  readonly servesWatches: (member: MemberId) => boolean;
}

/** The connections of all API servers. */
export class ClientConnections {
  private readonly options: ClientConnectionOptions;
  /** Members that existed when etcd began, and those that were added, state. */
  private members: number;
  /** Member that each API server asked last, and the one that has its watch, state. */
  private readonly lastAsked: MemberId[] = [];
  private readonly watched: MemberId[] = [];

  constructor(members: number, options: ClientConnectionOptions) {
    this.members = members;
    this.options = options;
  }

  /** Another API server; its watch begins at once. */
  add(): number {
    const server = this.lastAsked.push(NO_MEMBER) - 1;
    this.watched.push(NO_MEMBER);
    // The first request goes to the API server's own number, so that several do not all begin with member 0.
    this.lastAsked[server] = (server - 1 + this.members) % this.members;
    this.watched[server] = this.options.only(server) ?? server % this.members;
    return server;
  }

  /** Another member. */
  memberAdded(): void {
    this.members++;
  }

  /** Member for the next request of an API server; NO_MEMBER if none can be reached. */
  choose(server: number): MemberId {
    const only = this.options.only(server);
    if (only !== undefined) return this.options.isReachable(only) ? only : NO_MEMBER;
    const last = this.lastAsked[server] as MemberId;
    for (let step = 1; step <= this.members; step++) {
      const member = (last + step) % this.members;
      if (!this.options.isReachable(member)) continue;
      this.lastAsked[server] = member;
      return member;
    }
    return NO_MEMBER;
  }

  /** Member that has the watch of an API server, NO_MEMBER while it has none. */
  watchedMember(server: number): MemberId {
    return this.watched[server] as MemberId;
  }

  /** Whether any API server asks or watches a member. */
  isFollowed(member: MemberId): boolean {
    for (let server = 0; server < this.watched.length; server++) {
      const only = this.options.only(server);
      if (this.watched[server] === member || only === undefined || only === member) return true;
    }
    return false;
  }

  /** The member serves no watches any more; returns whose it had. */
  dropWatches(member: MemberId): number[] {
    const dropped: number[] = [];
    for (let server = 0; server < this.watched.length; server++) {
      if (this.watched[server] !== member) continue;
      this.watched[server] = NO_MEMBER;
      dropped.push(server);
    }
    return dropped;
  }

  /** API servers without a watch open one where they can; returns those that have one now. */
  openWatches(): number[] {
    const opened: number[] = [];
    for (let server = 0; server < this.watched.length; server++) {
      if (this.watched[server] !== NO_MEMBER) continue;
      const member = this.findServing(server);
      if (member === NO_MEMBER) continue;
      this.watched[server] = member;
      opened.push(server);
    }
    return opened;
  }

  private findServing(server: number): MemberId {
    const { isReachable, servesWatches } = this.options;
    const serves = (member: MemberId) => isReachable(member) && servesWatches(member);
    const only = this.options.only(server);
    if (only !== undefined) return serves(only) ? only : NO_MEMBER;
    for (let step = 0; step < this.members; step++) {
      const member = (server + step) % this.members;
      if (serves(member)) return member;
    }
    return NO_MEMBER;
  }
}
