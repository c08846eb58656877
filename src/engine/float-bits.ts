/** The bits of a double: its high word holds sign, exponent and the first 20 bits of the mantissa, and orders non-negative numbers. */

// One scratch double, read as two words; which word is the high one depends on the machine.
const scratch = new Float64Array(1);
const words = new Uint32Array(scratch.buffer);
scratch[0] = 1;
const HIGH_WORD = words[1] === 0 ? 0 : 1;

/** Bits of the mantissa in the high word. */
export const HIGH_MANTISSA_BITS = 20;

/** The high word of a number's bits. */
export function highWordOf(value: number): number {
  scratch[0] = value;
  return words[HIGH_WORD] as number;
}
