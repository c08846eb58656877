/**
 * Quantiles of Student's t distribution for whole degrees of freedom. Written here because the packages that offer it bring a statistics
 * library of hundreds of kilobytes for one number, and because the classic finite series (Abramowitz and Stegun 26.7.3 and 26.7.4)
 * is exact for whole degrees of freedom and needs nothing but an arctangent.
 */

/** Probability that |T| <= t with `degrees` degrees of freedom. */
export function centralProbability(t: number, degrees: number): number {
  const theta = Math.atan(t / Math.sqrt(degrees));
  const sine = Math.sin(theta);
  const cosine = Math.cos(theta);
  const odd = degrees % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let i = odd ? 3 : 2; i < degrees; i += 2) {
    term *= ((i - 1) / i) * cosine * cosine;
    sum += term;
  }
  return odd ? ((theta + sine * sum) * 2) / Math.PI : sine * sum;
}

/** The t for which |T| <= t has probability `confidence` (0.95 → the factor of a 95 % interval); found by bisection. */
export function studentT(confidence: number, degrees: number): number {
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`confidence ${confidence} is not between 0 and 1`);
  if (!Number.isInteger(degrees) || degrees < 1) throw new RangeError(`${degrees} degrees of freedom`);
  let low = 0;
  let high = 1;
  while (centralProbability(high, degrees) < confidence) high *= 2;
  // 60 halvings reach the resolution of a double.
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (centralProbability(middle, degrees) < confidence) low = middle;
    else high = middle;
  }
  // Ten digits are more than anyone reads and fewer than two maths libraries differ in.
  return Number(((low + high) / 2).toPrecision(10));
}
