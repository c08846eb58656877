/** Finds what may concern a pod by its tags: labels that it has, terms that it carries. */

/** Items, most of them to be found by a tag. */
export class TagIndex<T> {
  /** All items, in the order in which they came. */
  readonly all: T[] = [];
  private readonly byTag = new Map<string, T[]>();
  private readonly untagged: T[] = [];

  /** Adds an item that concerns those with the tag; undefined = it may concern anybody. */
  add(tag: string | undefined, item: T): void {
    this.all.push(item);
    if (tag === undefined) {
      this.untagged.push(item);
      return;
    }
    const items = this.byTag.get(tag);
    if (items === undefined) this.byTag.set(tag, [item]);
    else items.push(item);
  }

  /** Adds an item that has these tags. */
  addTagged(tags: readonly string[], item: T): void {
    this.all.push(item);
    for (const tag of tags) {
      const items = this.byTag.get(tag);
      if (items === undefined) this.byTag.set(tag, [item]);
      else items.push(item);
    }
  }

  /** Calls `visit` for each item that concerns somebody with these tags. */
  forEachConcerning(tags: readonly string[], visit: (item: T) => void): void {
    for (const item of this.untagged) visit(item);
    for (const tag of tags) {
      for (const item of this.byTag.get(tag) ?? []) visit(item);
    }
  }

  /** Items with a tag; all of them for no tag. */
  tagged(tag: string | undefined): readonly T[] {
    return tag === undefined ? this.all : (this.byTag.get(tag) ?? []);
  }
}
