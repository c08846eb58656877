/**
 * Sobol's sequence: points that fill a cube evenly, each further point where there is most room. Direction numbers by S. Joe and F. Kuo
 * (new-joe-kuo-6, 2008). The seed moves all points by a random digital shift in each dimension, which keeps their evenness.
 */
import { RandomStreams } from '../../engine/index.ts';

/** Bits of a coordinate. */
const BITS = 32;
const SCALE = 2 ** -BITS;

/** Degree, coefficients and first direction numbers of the primitive polynomials of the second and further dimensions. */
const POLYNOMIALS: readonly (readonly [degree: number, coefficients: number, first: readonly number[]])[] = [
  [1, 0, [1]],
  [2, 1, [1, 3]],
  [3, 1, [1, 3, 1]],
  [3, 2, [1, 1, 1]],
  [4, 1, [1, 1, 3, 3]],
  [4, 4, [1, 3, 5, 13]],
  [5, 2, [1, 1, 5, 5, 17]],
  [5, 4, [1, 1, 5, 5, 5]],
  [5, 7, [1, 1, 7, 11, 19]],
  [5, 11, [1, 1, 5, 1, 1]],
  [5, 13, [1, 1, 1, 3, 11]],
  [5, 14, [1, 3, 5, 5, 31]],
  [6, 1, [1, 3, 3, 9, 7, 49]],
  [6, 13, [1, 1, 1, 15, 21, 21]],
  [6, 16, [1, 3, 1, 13, 27, 49]],
  [6, 19, [1, 1, 1, 15, 7, 5]],
  [6, 22, [1, 3, 1, 15, 13, 25]],
  [6, 25, [1, 1, 5, 5, 19, 61]],
  [7, 1, [1, 3, 7, 11, 23, 15, 103]],
  [7, 4, [1, 3, 7, 13, 13, 15, 69]],
];

/** Most dimensions that there are direction numbers for. */
export const MOST_DIMENSIONS = POLYNOMIALS.length + 1;

/** The first `count` points of the unit cube, moved by the seed. */
export function sobolPoints(count: number, dimensions: number, seed: string): number[][] {
  if (dimensions > MOST_DIMENSIONS) throw new RangeError(`${dimensions} dimensions; there are ${MOST_DIMENSIONS}`);
  const directions = Array.from({ length: dimensions }, (_, dimension) => directionNumbers(dimension));
  const streams = new RandomStreams(seed, 0);
  const shifts = directions.map((_, dimension) => Math.floor(streams.stream(`sobol.${dimension}`).next() / SCALE));
  const state = new Uint32Array(dimensions);
  return Array.from({ length: count }, (_, index) => {
    if (index > 0) {
      // Gray code: one direction number changes from point to point, that of the lowest bit of the index before that is 0.
      const bit = 31 - Math.clz32(index & -index);
      for (let dimension = 0; dimension < dimensions; dimension++)
        state[dimension] = (state[dimension] as number) ^ (directions[dimension]?.[bit] as number);
    }
    return shifts.map((shift, dimension) => (((state[dimension] as number) ^ shift) >>> 0) * SCALE);
  });
}

function directionNumbers(dimension: number): Uint32Array {
  const directions = new Uint32Array(BITS);
  const polynomial = POLYNOMIALS[dimension - 1];
  if (polynomial === undefined) return directions.map((_, bit) => 2 ** (BITS - 1 - bit));
  const [degree, coefficients, first] = polynomial;
  for (let bit = 0; bit < BITS; bit++) {
    if (bit < degree) {
      directions[bit] = (first[bit] as number) * 2 ** (BITS - 1 - bit);
      continue;
    }
    const earlier = directions[bit - degree] as number;
    let value = earlier ^ (earlier >>> degree);
    for (let k = 1; k < degree; k++)
      if (((coefficients >> (degree - 1 - k)) & 1) === 1) value ^= directions[bit - k] as number;
    directions[bit] = value >>> 0;
  }
  return directions;
}
