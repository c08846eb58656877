/** Four 32-bit words from a text: seeds for random streams. Not for cryptography. */

/** Finishes a 32-bit hash so that every input bit reaches every output bit (the finaliser of MurmurHash3). */
export function scramble(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Hashes a text to four words. Texts that differ in one character have unrelated words. */
export function hashText(text: string): readonly [number, number, number, number] {
  let w0 = 0x243f6a88;
  let w1 = 0x85a308d3;
  let w2 = 0x13198a2e;
  let w3 = 0x03707344;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    w0 = w1 ^ Math.imul(w0 ^ code, 0x9e3779b1);
    w1 = w2 ^ Math.imul(w1 ^ code, 0x85ebca77);
    w2 = w3 ^ Math.imul(w2 ^ code, 0xc2b2ae3d);
    w3 = w0 ^ Math.imul(w3 ^ code, 0x27d4eb2f);
  }
  w0 = scramble(w0 ^ text.length);
  w1 = scramble(w1 + w0);
  w2 = scramble(w2 + w1);
  w3 = scramble(w3 + w2);
  return [scramble(w0 + w3), w1, w2, w3];
}
