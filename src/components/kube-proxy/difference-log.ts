/** What a node, or a zone, counts beside the others, by position in the history: running sums, of which most nodes have few. */
import { add, type Counts } from './modes/index.ts';

/** Running sums of differences. */
export class DifferenceLog {
  /** Positions after which the sums hold, rising. */
  private readonly positions: number[] = [];
  private readonly sums: Counts[] = [];
  private readonly nothing: Counts;

  constructor(nothing: Counts) {
    this.nothing = nothing;
  }

  /** The change at `position` adds this. */
  append(position: number, difference: Counts): void {
    const sum = add(this.latest, difference);
    if (this.positions.at(-1) === position) this.sums[this.sums.length - 1] = sum;
    else {
      this.positions.push(position);
      this.sums.push(sum);
    }
  }

  /** Sum at the end of the history. */
  get latest(): Counts {
    return this.sums.at(-1) ?? this.nothing;
  }

  /** Sum over the changes before `position`. Proxies ask for recent ones, so the search begins at the end. */
  before(position: number): Counts {
    let i = this.positions.length - 1;
    while (i >= 0 && (this.positions[i] as number) >= position) i--;
    return i < 0 ? this.nothing : (this.sums[i] as Counts);
  }
}
