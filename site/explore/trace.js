// What happened to single weights in the first steps.

import { B1, B2, EPSILON } from "./network.js";

/** The gradients that one weight saw, by step. */
export const gradientsOf = (traced, weight) =>
  traced.slice(1).map(({ gradients }) => gradients[weight]);

/** How many gradients a weight saw. */
export const seenBy = (traced, weight) =>
  gradientsOf(traced, weight).filter((gradient) => gradient !== 0).length;

/** A weight after each step, less what it was. */
export const displacementOf = (traced, weight) =>
  traced.map(({ weights }) => weights[weight] - traced[0].weights[weight]);

/**
 * How Adam moves a weight that sees one gradient and no other: the sum of its steps, to date.
 * @param gradients what the weight saw, by step; all but the first that is not zero are left out
 */
export function answerToFirst(gradients, rate) {
  const first = gradients.findIndex((gradient) => gradient !== 0);
  let [m, v, moved] = [0, 0, 0];
  return gradients.map((gradient, index) => {
    const g = index === first ? gradient : 0;
    m = (1 - B1) * g + B1 * m;
    v = (1 - B2) * g * g + B2 * v;
    const [corrected, spread] = [m / (1 - B1 ** (index + 1)), v / (1 - B2 ** (index + 1))];
    moved -= (rate * corrected) / (Math.sqrt(spread) + EPSILON);
    return moved;
  });
}

/** The weight that saw the fewest gradients in both orders in so many steps, but at least one. */
export function loneWeight(traced, steps) {
  const early = (name) => traced[name].slice(0, steps + 1);
  const [first, second] = [early("train_first"), early("prune_first")];
  let [lone, fewest] = [0, Infinity];
  for (let weight = 0; weight < first[0].weights.length; weight++) {
    const [a, b] = [seenBy(first, weight), seenBy(second, weight)];
    if (a > 0 && b > 0 && a + b < fewest) [lone, fewest] = [weight, a + b];
  }
  return lone;
}
