/** Inverse distribution functions that have no closed form: the normal and the gamma distribution. Used to build tables, not per draw. */

/** Coefficients of Wichura's algorithm AS 241 (PPND16), highest power first: numerators and denominators of its three ranges. */
const CENTRE_NUMERATOR = [
  2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
  133.14166789178438, 3.3871328727963665,
];
const CENTRE_DENOMINATOR = [
  5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579,
  42.31333070160091, 1,
];
const MIDDLE_NUMERATOR = [
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
  5.769497221460691, 4.630337846156546, 1.4234371107496835,
];
const MIDDLE_DENOMINATOR = [
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
  1.6763848301838038, 2.053191626637759, 1,
];
const FAR_NUMERATOR = [
  2.0103343992922881e-7, 0.000027115555687434876, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
  1.7848265399172913, 5.463784911164114, 6.657904643501103,
];
const FAR_DENOMINATOR = [
  2.0442631033899397e-15, 1.421511758316446e-7, 0.000018463183175100548, 0.0007868691311456133, 0.014875361290850615,
  0.1369298809227358, 0.599832206555888, 1,
];
/** The bounds of the ranges, from the algorithm. */
const CENTRE_HALF_WIDTH = 0.425;
const CENTRE_OFFSET = 0.180625;
const MIDDLE_OFFSET = 1.6;
const FAR_OFFSET = 5;

function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (const coefficient of coefficients) sum = sum * x + coefficient;
  return sum;
}

/** The standard normal quantile of `p` in (0, 1), to about 16 digits; infinite at 0 and 1. */
export function normalQuantile(p: number): number {
  if (p <= 0) return Number.NEGATIVE_INFINITY;
  if (p >= 1) return Number.POSITIVE_INFINITY;
  const q = p - 0.5;
  if (Math.abs(q) <= CENTRE_HALF_WIDTH) {
    const r = CENTRE_OFFSET - q * q;
    return (q * polynomial(CENTRE_NUMERATOR, r)) / polynomial(CENTRE_DENOMINATOR, r);
  }
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const magnitude =
    r <= FAR_OFFSET
      ? polynomial(MIDDLE_NUMERATOR, r - MIDDLE_OFFSET) / polynomial(MIDDLE_DENOMINATOR, r - MIDDLE_OFFSET)
      : polynomial(FAR_NUMERATOR, r - FAR_OFFSET) / polynomial(FAR_DENOMINATOR, r - FAR_OFFSET);
  return q < 0 ? -magnitude : magnitude;
}

/** Lanczos coefficients for g = 7, n = 9. */
const LANCZOS = [
  0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 0.000009984369578019572, 1.5056327351493116e-7,
];
const LANCZOS_G = 7;

/** The logarithm of the gamma function for x > 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  let sum = LANCZOS[0] as number;
  for (let i = 1; i < LANCZOS.length; i++) sum += (LANCZOS[i] as number) / (x - 1 + i);
  const t = x - 0.5 + LANCZOS_G;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Terms after which the series and the continued fraction give up; they converge in far fewer. */
const MAX_TERMS = 10_000;
const PRECISION = 1e-16;
const TINY = 1e-300;

/** The distribution function of the gamma distribution with scale 1: P(shape, x). */
export function gammaProbability(shape: number, x: number): number {
  if (x <= 0) return 0;
  const front = Math.exp(-x + shape * Math.log(x) - logGamma(shape));
  return x < shape + 1 ? front * lowerSeries(shape, x) : 1 - front * upperFraction(shape, x);
}

function lowerSeries(shape: number, x: number): number {
  let term = 1 / shape;
  let sum = term;
  for (let n = 1; n < MAX_TERMS && term > sum * PRECISION; n++) {
    term *= x / (shape + n);
    sum += term;
  }
  return sum;
}

/** The continued fraction of the upper tail by Lentz's method. */
function upperFraction(shape: number, x: number): number {
  let b = x + 1 - shape;
  let c = 1 / TINY;
  let d = 1 / b;
  let h = d;
  for (let n = 1; n < MAX_TERMS; n++) {
    const an = -n * (n - shape);
    b += 2;
    d = an * d + b;
    if (Math.abs(d) < TINY) d = TINY;
    c = b + an / c;
    if (Math.abs(c) < TINY) c = TINY;
    d = 1 / d;
    const delta = d * c;
    h *= delta;
    if (Math.abs(delta - 1) < PRECISION) break;
  }
  return h;
}

const MAX_STEPS = 100;
const STEP_PRECISION = 1e-13;

/** The quantile of the gamma distribution with scale 1: Newton's method inside a bracket that halves where Newton leaves it. */
export function gammaQuantile(shape: number, p: number): number {
  if (p <= 0) return 0;
  if (p >= 1) return Number.POSITIVE_INFINITY;
  let low = 0;
  let high = Math.max(1, shape);
  while (gammaProbability(shape, high) < p) {
    low = high;
    high *= 2;
  }
  let x = startOfSearch(shape, p);
  const logGammaOfShape = logGamma(shape);
  for (let step = 0; step < MAX_STEPS; step++) {
    if (!(x > low && x < high)) x = (low + high) / 2;
    const error = gammaProbability(shape, x) - p;
    if (error > 0) high = x;
    else low = x;
    const density = Math.exp((shape - 1) * Math.log(x) - x - logGammaOfShape);
    const next = x - error / density;
    const inside = next > low && next < high ? next : (low + high) / 2;
    if (Math.abs(inside - x) <= STEP_PRECISION * x) return inside;
    x = inside;
  }
  return x;
}

/** Wilson and Hilferty's approximation; for small shapes and probabilities, the first term of the series. */
function startOfSearch(shape: number, p: number): number {
  const z = normalQuantile(p);
  const root = 1 - 1 / (9 * shape) + z / (3 * Math.sqrt(shape));
  const guess = shape * root ** 3;
  if (shape >= 1 && root > 0) return guess;
  return Math.exp((Math.log(p * shape) + logGamma(shape)) / shape);
}
