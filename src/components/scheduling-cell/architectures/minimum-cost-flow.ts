/**
 * Minimum-cost maximum flow from a source to a sink, by the primal-dual method: Dijkstra's distances over reduced costs, then as many units
 * as the arcs of reduced cost 0 let through, until the sink is out of reach. Quincy and Firmament solve the same problem by cost scaling and
 * relaxation; the flow has the same cost whatever the method.
 * Ahuja, Magnanti, Orlin: Network Flows (1993), sections 9.7 and 9.8.
 *
 * Costs and capacities are whole numbers, costs 0 or more. Arcs are columns; arc 2i leads forth and 2i + 1 back.
 */

/** No arc: the end of a vertex's list. */
const NO_ARC = -1;
/** Room for vertices and arcs at first; doubled. */
const INITIAL_ROOM = 256;

/** A network that is built, solved and read; then built anew. */
export class MinimumCostFlow {
  /** Units that reached the sink [unit], statistic of the last {@link solve}. */
  flow = 0;
  /** Sum over arcs of flow times cost, statistic of the last {@link solve}. */
  cost = 0;

  /** Vertices and arcs (both directions) in use. */
  private vertices = 0;
  private arcs = 0;
  /** By vertex: its first arc, the arc at which its search goes on, its potential, its distance, whether it is on the path being searched. */
  private firstArc = new Int32Array(INITIAL_ROOM);
  private currentArc = new Int32Array(INITIAL_ROOM);
  private potential = new Float64Array(INITIAL_ROOM);
  private distance = new Float64Array(INITIAL_ROOM);
  private onPath = new Uint8Array(INITIAL_ROOM);
  /** By arc: where it leads, the next arc of the same vertex, what is left of its capacity, its cost. */
  private head = new Int32Array(INITIAL_ROOM);
  private nextArc = new Int32Array(INITIAL_ROOM);
  private residual = new Float64Array(INITIAL_ROOM);
  private arcCost = new Float64Array(INITIAL_ROOM);
  /** Dijkstra's heap: vertices by distance; an entry whose distance is no longer the vertex's is skipped. */
  private heapVertex = new Int32Array(INITIAL_ROOM);
  private heapKey = new Float64Array(INITIAL_ROOM);
  private heapSize = 0;
  /** Arcs from the source to where the depth-first search stands. */
  private path = new Int32Array(INITIAL_ROOM);

  /** Begins a new network of this many vertices and no arcs. */
  reset(vertices: number): void {
    this.vertices = vertices;
    this.arcs = 0;
    if (vertices > this.firstArc.length) this.growVertices(vertices);
    this.firstArc.fill(NO_ARC, 0, vertices);
    this.flow = 0;
    this.cost = 0;
  }

  /** Adds an arc; returns its number. */
  addArc(from: number, to: number, capacity: number, cost: number): number {
    const arc = this.arcs;
    if (arc + 2 > this.head.length) this.growArcs();
    this.putArc(arc, from, to, capacity, cost);
    this.putArc(arc + 1, to, from, 0, -cost);
    this.arcs = arc + 2;
    return arc;
  }

  /** Units on an arc after {@link solve}: what can go back. */
  flowOn(arc: number): number {
    return this.residual[arc + 1] as number;
  }

  /** Sends as many units as possible from source to sink at the least cost. */
  solve(source: number, sink: number): void {
    this.potential.fill(0, 0, this.vertices);
    while (this.findDistances(source, sink)) {
      this.raisePotentials(sink);
      this.currentArc.set(this.firstArc.subarray(0, this.vertices));
      for (let sent = this.augment(source, sink); sent > 0; sent = this.augment(source, sink)) {
        this.flow += sent;
        this.cost += sent * ((this.potential[sink] as number) - (this.potential[source] as number));
      }
    }
  }

  // ---- shortest paths ----------------------------------------------------------------------------------------------------------

  /** Dijkstra's distances over reduced costs, until the sink is settled; false if it cannot be reached. */
  private findDistances(source: number, sink: number): boolean {
    const { distance, potential, head, nextArc, residual, arcCost, firstArc } = this;
    distance.fill(Number.POSITIVE_INFINITY, 0, this.vertices);
    distance[source] = 0;
    this.heapSize = 0;
    this.push(source, 0);
    while (this.heapSize > 0) {
      const key = this.heapKey[0] as number;
      const vertex = this.pop();
      if (key > (distance[vertex] as number)) continue;
      if (vertex === sink) return true;
      const base = key + (potential[vertex] as number);
      for (let arc = firstArc[vertex] as number; arc !== NO_ARC; arc = nextArc[arc] as number) {
        if (residual[arc] === 0) continue;
        const to = head[arc] as number;
        const along = base + (arcCost[arc] as number) - (potential[to] as number);
        if (along < (distance[to] as number)) {
          distance[to] = along;
          this.push(to, along);
        }
      }
    }
    return false;
  }

  /** After this every arc on a shortest path to the sink has the reduced cost 0, and no arc less. */
  private raisePotentials(sink: number): void {
    const { distance, potential } = this;
    const furthest = distance[sink] as number;
    // Vertices that were not settled lie at least as far as the sink.
    for (let vertex = 0; vertex < this.vertices; vertex++) {
      const away = distance[vertex] as number;
      potential[vertex] = (potential[vertex] as number) + Math.min(away, furthest);
    }
  }

  // ---- flow along arcs of reduced cost 0 -----------------------------------------------------------------------------------------

  /** Sends what one path of such arcs lets through; 0 if there is none left. Depth first, each vertex going on where it stopped. */
  private augment(source: number, sink: number): number {
    const { head, residual, currentArc, nextArc, onPath, path } = this;
    let depth = 0;
    let vertex = source;
    onPath[source] = 1;
    while (vertex !== sink) {
      const arc = this.admissibleArc(vertex);
      if (arc !== NO_ARC) {
        path[depth++] = arc;
        vertex = head[arc] as number;
        onPath[vertex] = 1;
      } else {
        onPath[vertex] = 0;
        if (depth === 0) return 0;
        // A dead end: back, and on with the next arc.
        const last = path[--depth] as number;
        vertex = head[last ^ 1] as number;
        currentArc[vertex] = nextArc[last] as number;
      }
    }
    let sent = Number.POSITIVE_INFINITY;
    for (let i = 0; i < depth; i++) sent = Math.min(sent, residual[path[i] as number] as number);
    for (let i = 0; i < depth; i++) {
      const arc = path[i] as number;
      residual[arc] = (residual[arc] as number) - sent;
      residual[arc ^ 1] = (residual[arc ^ 1] as number) + sent;
      onPath[head[arc] as number] = 0;
    }
    onPath[source] = 0;
    return sent;
  }

  /** The next arc of a vertex that has room, costs nothing and does not lead back onto the path. */
  private admissibleArc(vertex: number): number {
    const { head, residual, currentArc, nextArc, arcCost, potential, onPath } = this;
    const here = potential[vertex] as number;
    let arc = currentArc[vertex] as number;
    for (; arc !== NO_ARC; arc = nextArc[arc] as number) {
      const to = head[arc] as number;
      if (residual[arc] !== 0 && onPath[to] === 0 && (arcCost[arc] as number) + here === potential[to]) break;
    }
    currentArc[vertex] = arc;
    return arc;
  }

  // ---- the heap ----------------------------------------------------------------------------------------------------------------

  private push(vertex: number, key: number): void {
    if (this.heapSize === this.heapVertex.length) {
      this.heapVertex = grown(this.heapVertex);
      this.heapKey = grown(this.heapKey);
    }
    const { heapVertex, heapKey } = this;
    let hole = this.heapSize++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if ((heapKey[parent] as number) <= key) break;
      heapKey[hole] = heapKey[parent] as number;
      heapVertex[hole] = heapVertex[parent] as number;
      hole = parent;
    }
    heapKey[hole] = key;
    heapVertex[hole] = vertex;
  }

  private pop(): number {
    const { heapVertex, heapKey } = this;
    const first = heapVertex[0] as number;
    const size = --this.heapSize;
    const key = heapKey[size] as number;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= size) break;
      if (child + 1 < size && (heapKey[child + 1] as number) < (heapKey[child] as number)) child++;
      if ((heapKey[child] as number) >= key) break;
      heapKey[hole] = heapKey[child] as number;
      heapVertex[hole] = heapVertex[child] as number;
      hole = child;
    }
    heapKey[hole] = key;
    heapVertex[hole] = heapVertex[size] as number;
    return first;
  }

  // ---- room --------------------------------------------------------------------------------------------------------------------

  private putArc(arc: number, from: number, to: number, capacity: number, cost: number): void {
    this.head[arc] = to;
    this.residual[arc] = capacity;
    this.arcCost[arc] = cost;
    this.nextArc[arc] = this.firstArc[from] as number;
    this.firstArc[from] = arc;
  }

  private growVertices(vertices: number): void {
    const room = Math.max(vertices, this.firstArc.length * 2);
    this.firstArc = new Int32Array(room);
    this.currentArc = new Int32Array(room);
    this.potential = new Float64Array(room);
    this.distance = new Float64Array(room);
    this.onPath = new Uint8Array(room);
    this.path = new Int32Array(room);
  }

  private growArcs(): void {
    this.head = grown(this.head);
    this.nextArc = grown(this.nextArc);
    this.residual = grown(this.residual);
    this.arcCost = grown(this.arcCost);
  }
}

/** The column with twice the room. */
function grown<T extends Int32Array | Float64Array>(column: T): T {
  const larger = new (column.constructor as new (length: number) => T)(column.length * 2);
  larger.set(column);
  return larger;
}
