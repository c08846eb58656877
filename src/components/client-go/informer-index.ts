/**
 * Keys of an informer's objects grouped by a number taken from the object (its owner, its node), in the order in which they came into their group.
 * Groups are lists threaded through arrays by key: a change of group costs no allocation, however many groups there are.
 */
import { NO_VERSION, type ObjectKey, type VersionHandle } from '../../cluster/index.ts';

/** Keys at the start; doubled. */
const INITIAL_KEYS = 256;
/** No key before or after. */
const NONE = -1;

/** One group. Whoever yields to others while walking it copies it first. */
export class IndexGroup implements Iterable<ObjectKey> {
  private readonly links: KeyLinks;
  /** First and last key, state. */
  head: number = NONE;
  tail: number = NONE;
  /** Keys in the group. */
  size = 0;

  constructor(links: KeyLinks) {
    this.links = links;
  }

  *[Symbol.iterator](): Generator<ObjectKey> {
    for (let key = this.head; key !== NONE; ) {
      const following = this.links.next[key] as number;
      yield key as ObjectKey;
      key = following;
    }
  }
}

/** Neighbours of each key in its group. */
class KeyLinks {
  next = new Int32Array(INITIAL_KEYS).fill(NONE);
  previous = new Int32Array(INITIAL_KEYS).fill(NONE);

  fit(key: number): void {
    if (key < this.next.length) return;
    const size = Math.max(key + 1, this.next.length * 2);
    const next = new Int32Array(size).fill(NONE);
    const previous = new Int32Array(size).fill(NONE);
    next.set(this.next);
    previous.set(this.previous);
    this.next = next;
    this.previous = previous;
  }
}

/** An index of one informer. */
export class InformerIndex {
  private readonly groupOf: (version: VersionHandle) => number;
  private readonly links = new KeyLinks();
  private readonly groups = new Map<number, IndexGroup>();
  private readonly nobody = new IndexGroup(this.links);

  constructor(groupOf: (version: VersionHandle) => number) {
    this.groupOf = groupOf;
  }

  /** Keys of a group. */
  keys(group: number): IndexGroup {
    return this.groups.get(group) ?? this.nobody;
  }

  /** Called by the informer at each change. */
  change(key: ObjectKey, version: VersionHandle, previous: VersionHandle): void {
    const before = previous === NO_VERSION ? undefined : this.groupOf(previous);
    const after = version === NO_VERSION ? undefined : this.groupOf(version);
    if (before === after) return;
    if (before !== undefined) this.remove(key, this.groups.get(before) as IndexGroup);
    if (after !== undefined) this.append(key, after);
  }

  private append(key: ObjectKey, number: number): void {
    const { links } = this;
    let group = this.groups.get(number);
    if (group === undefined) {
      group = new IndexGroup(links);
      this.groups.set(number, group);
    }
    links.fit(key);
    links.previous[key] = group.tail;
    links.next[key] = NONE;
    if (group.tail === NONE) group.head = key;
    else links.next[group.tail] = key;
    group.tail = key;
    group.size++;
  }

  private remove(key: ObjectKey, group: IndexGroup): void {
    const { links } = this;
    const previous = links.previous[key] as number;
    const next = links.next[key] as number;
    if (previous === NONE) group.head = next;
    else links.next[previous] = next;
    if (next === NONE) group.tail = previous;
    else links.previous[next] = previous;
    group.size--;
  }
}
