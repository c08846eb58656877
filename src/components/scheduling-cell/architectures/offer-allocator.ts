/** The allocator of Mesos: who is offered what, and what is locked until it is answered. See mesos.ts. */
import type { EventType, Simulation } from '../../../engine/index.ts';
import type { Nanoseconds } from '../../../units/index.ts';
import type { Cell } from '../cell.ts';
import type { CellCopy } from '../cell-copy.ts';
import { countLock, freeRoom, type RoomLock } from './room-lock.ts';

/** What the allocator knows of a framework. */
export interface OfferTaker {
  /** Whether it wants offers. */
  readonly asks: boolean;
  /** What its tasks take [milli-CPU, B]. */
  readonly cpu: number;
  readonly memory: number;
  readonly weight: number;
  /** An offer arrives. It is answered by {@link OfferAllocator.answered}. */
  offer(locks: readonly RoomLock[]): void;
}

/** The allocator of one cell. */
export class OfferAllocator {
  private readonly simulation: Simulation;
  private readonly interval: Nanoseconds;
  private readonly allocationTime: Nanoseconds;
  private readonly takers: OfferTaker[] = [];
  /** The cell as it would be if everything on offer were taken. */
  private readonly unlocked: CellCopy;
  /** Whether an offer is to be made at the end of the present interval, state. */
  private gathering = false;
  /** Offers on their way, in the order in which they arrive, state. */
  private readonly sent: { readonly to: OfferTaker; readonly locks: readonly RoomLock[] }[] = [];
  private readonly evInterval: EventType;
  private readonly evOffer: EventType;

  constructor(cell: Cell, interval: Nanoseconds, allocationTime: Nanoseconds) {
    this.simulation = cell.simulation;
    this.interval = interval;
    this.allocationTime = allocationTime;
    this.unlocked = cell.copy();
    this.simulation.addInvariantCheck('mesos', () => this.checkInvariants());
    this.evInterval = this.simulation.on('cell offers: interval ends', () => this.onInterval());
    this.evOffer = this.simulation.on('cell offers: offer arrives', () => this.onOffer());
  }

  /** Another framework of the cell. */
  join(taker: OfferTaker): void {
    this.takers.push(taker);
  }

  /** Something may have changed: room was freed, or somebody asks. An offer follows at the end of the interval if somebody asks then. */
  wake(): void {
    if (this.gathering || !this.takers.some(({ asks }) => asks)) return;
    this.gathering = true;
    this.simulation.after(this.interval, this.evInterval);
  }

  /** An offer was answered: its room is free again. */
  answered(locks: readonly RoomLock[]): void {
    for (const lock of locks) countLock(this.unlocked.nodes, lock, -1);
  }

  private onInterval(): void {
    this.gathering = false;
    this.unlocked.synchronise();
    const taker = this.poorest();
    if (taker === undefined) return;
    const { nodes } = this.unlocked;
    const slots = nodes.order.slots();
    const locks: RoomLock[] = [];
    for (let i = 0; i < nodes.order.count; i++) {
      const lock = freeRoom(nodes, slots[i] as number);
      if (lock === undefined) continue;
      locks.push(lock);
      countLock(nodes, lock, 1);
    }
    if (locks.length === 0) return;
    this.sent.push({ to: taker, locks });
    this.simulation.after(this.allocationTime, this.evOffer);
  }

  private onOffer(): void {
    const { to, locks } = this.sent.shift() as { to: OfferTaker; locks: readonly RoomLock[] };
    to.offer(locks);
  }

  /** What is taken and what is on offer never exceed what a node has: nothing is offered twice. */
  private checkInvariants(): void {
    this.unlocked.synchronise();
    const { nodes } = this.unlocked;
    const slots = nodes.order.slots();
    for (let i = 0; i < nodes.order.count; i++) {
      const node = slots[i] as number;
      const isWithin =
        (nodes.requestedCpu[node] as number) <= (nodes.allocatableCpu[node] as number) &&
        (nodes.requestedMemory[node] as number) <= (nodes.allocatableMemory[node] as number);
      this.simulation.invariant(isWithin, 'mesos', `more of ${nodes.nameOf(node)} is on offer than there is`);
    }
  }

  /** The asking framework with the least dominant share for its weight; the first to join of several. */
  private poorest(): OfferTaker | undefined {
    const { allocatableCpu, allocatableMemory, order } = this.unlocked.nodes;
    const slots = order.slots();
    let cpu = 0;
    let memory = 0;
    for (let i = 0; i < order.count; i++) {
      cpu += allocatableCpu[slots[i] as number] as number;
      memory += allocatableMemory[slots[i] as number] as number;
    }
    let poorest: OfferTaker | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const taker of this.takers) {
      const share = Math.max(taker.cpu / cpu, taker.memory / memory) / taker.weight;
      if (!taker.asks || !(share < least)) continue;
      poorest = taker;
      least = share;
    }
    return poorest;
  }
}
