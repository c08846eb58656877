/** The objects that a load works on: keys of one kind, one of them chosen at random each time. */
import type { Kind, ObjectKey } from '../../cluster/index.ts';
import type { RandomStream } from '../../engine/index.ts';

/** Objects of one kind. */
export class Population {
  readonly kind: Kind;
  /** Their keys. */
  readonly keys: readonly ObjectKey[];

  constructor(kind: Kind, keys: readonly ObjectKey[]) {
    if (keys.length === 0) throw new RangeError('a load needs objects to work on');
    this.kind = kind;
    this.keys = keys;
  }

  /** One of them, each as likely as the others. */
  any(random: RandomStream): ObjectKey {
    return this.keys[Math.floor(random.next() * this.keys.length)] as ObjectKey;
  }
}
