/** Erlang's formulas, for tests of queues against theory. */

/** Erlang's C formula: the probability that all of `servers` are busy at an offered load. */
export function erlangC(servers: number, offered: number): number {
  let inverseB = 1;
  for (let k = 1; k <= servers; k++) inverseB = 1 + (k / offered) * inverseB;
  const b = 1 / inverseB;
  const load = offered / servers;
  return b / (1 - load + load * b);
}
