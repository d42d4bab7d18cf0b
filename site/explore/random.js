// JAX's random numbers: the counter-based generator Threefry-2x32 (Salmon et al. 2011), and what
// jax.random makes of it. A key is a pair of unsigned 32-bit integers.

const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
];

/** The two words that Threefry gives for a key and a pair of words, in 20 rounds. */
export function threefry([k0, k1], x0, x1) {
  const keys = [k0, k1, k0 ^ k1 ^ 0x1bd11bda];
  x0 = (x0 + k0) | 0;
  x1 = (x1 + k1) | 0;
  for (let group = 0; group < 5; group++) {
    for (const turn of ROTATIONS[group % 2]) {
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << turn) | (x1 >>> (32 - turn))) ^ x0;
    }
    x0 = (x0 + keys[(group + 1) % 3]) | 0;
    x1 = (x1 + keys[(group + 2) % 3] + group + 1) | 0;
  }
  return [x0 >>> 0, x1 >>> 0];
}

/** jax.random.key, for seeds below 2 ** 32. */
export const key = (seed) => [0, seed >>> 0];

/** jax.random.split. */
export const split = (key, count = 2) =>
  Array.from({ length: count }, (_, index) => threefry(key, 0, index));

/** jax.random.fold_in. */
export const foldIn = (key, data) => threefry(key, 0, data >>> 0);

/** jax.random.uniform, as a Float32Array: 23 random bits behind the point, stretched. */
export function uniform(key, size, low = 0, high = 1) {
  const [from, width] = [Math.fround(low), Math.fround(Math.fround(high) - Math.fround(low))];
  return Float32Array.from({ length: size }, (_, index) => {
    const [first, second] = threefry(key, 0, index);
    const unit = ((first ^ second) >>> 9) / 2 ** 23;
    return Math.max(from, Math.fround(unit * width + from));
  });
}

// Giles 2010, "Approximating the erfinv function", which XLA uses in single precision.
const CENTRAL = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503,
  -0.00417768164, 0.246640727, 1.50140941,
];
const TAIL = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
  0.00943887047, 1.00167406, 2.83297682,
];

function inverseErf(x) {
  let w = -Math.log1p(-x * x);
  const central = w < 5;
  w = central ? w - 2.5 : Math.sqrt(w) - 3;
  return x * (central ? CENTRAL : TAIL).reduce((sum, coefficient) => sum * w + coefficient);
}

/** jax.random.normal, as a Float32Array; to a few units in the last place. */
export function normal(key, size) {
  const above = -1 + 2 ** -24;
  return uniform(key, size, above, 1).map((u) => Math.SQRT2 * inverseErf(u));
}
