/** The one generator of seedrandom that the engine uses; the published types cover only the package's main module. */
declare module 'seedrandom/lib/xorwow.js' {
  /** A generator seeded by a text; each call returns a number in [0, 1) with 32 random bits. */
  function xorwow(seed: string): () => number;
  export = xorwow;
}
