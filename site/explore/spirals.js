// The task and the network's start: what `prune_utils.spirals` and `init_params` draw from a key.

import { foldIn, normal, split, uniform } from "./random.js";

export const ARMS = 2;
const TURNS = 1;
const NOISE = 0.02;

/**
 * Two interleaved spiral arms, one class each.
 * @returns {{x: Float32Array, y: Uint8Array, points: number}} x holds the points (points, 2) row by row
 */
export function spirals(key, pointsPerArm = 100) {
  const [radiusKey, noiseKey] = split(key);
  const points = ARMS * pointsPerArm;
  const radius = uniform(radiusKey, points);
  const x = normal(noiseKey, 2 * points);
  const y = Uint8Array.from(radius, (_, point) => Math.floor(point / pointsPerArm));
  for (let point = 0; point < points; point++) {
    const angle = 2 * Math.PI * (TURNS * radius[point] + y[point] / ARMS);
    x[2 * point] = NOISE * x[2 * point] + radius[point] * Math.cos(angle);
    x[2 * point + 1] = NOISE * x[2 * point + 1] + radius[point] * Math.sin(angle);
  }
  return { x, y, points };
}

// What Flax folds into the key for the kernels of Dense_0, Dense_1 and Dense_2: the first four bytes
// of the SHA-1 of the layer's name and the byte 1, for its first parameter.
const KERNELS = [0xb2b71315, 0x06a9f0dc, 0x519e9909];

/**
 * A chain of dense layers: kernels Glorot-uniform (Glorot and Bengio 2010), biases zero.
 * @param {number[]} features inputs, hidden widths, outputs
 * @returns {{inputs: number, width: number, kernel: Float32Array, bias: Float32Array}[]}
 *   kernels (inputs, width) row by row
 */
export function initLayers(key, features) {
  return features.slice(1).map((width, layer) => {
    const inputs = features[layer];
    const variance = Math.fround(2 / (inputs + width));
    const range = Math.fround(Math.sqrt(Math.fround(3 * variance)));
    const kernel = uniform(foldIn(key, KERNELS[layer]), inputs * width, -1, 1);
    return {
      inputs,
      width,
      kernel: kernel.map((value) => value * range),
      bias: new Float32Array(width),
    };
  });
}

/** Everything that one seed draws, by the names of `prune_utils.run_experiment`. */
export function drawSeed(key, features) {
  const [data, test, init, scores, stranger] = split(key, 5);
  return {
    data: spirals(data),
    test: spirals(test, 1000),
    init: initLayers(init, features),
    stranger: initLayers(stranger, features),
    scoreKey: scores,
  };
}
