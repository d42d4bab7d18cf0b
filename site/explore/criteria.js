// Which units stay: the criteria of `prune_utils`, for a chain of dense layers.

import { centred, products, solve } from "./matrices.js";
import { Pass } from "./pass.js";
import { foldIn, uniform } from "./random.js";

/** The hidden activations of a network at some points. */
export function hiddenActivations(layers, data, activation) {
  const widths = layers.map((layer) => layer.width);
  const pass = new Pass(widths, data.points);
  pass.forward(layers, data.x, activation);
  return widths
    .slice(0, -1)
    .map((width, layer) => ({ values: pass.h[layer], points: data.points, width }));
}

function random(layer, hidden, next, key) {
  return uniform(foldIn(key, layer), hidden.width);
}

/** The standard deviation of each unit's activation (the post). */
function std(layer, hidden) {
  const { values, points, width } = centred(hidden);
  return Float64Array.from({ length: width }, (_, unit) => {
    let sum = 0;
    for (let p = 0; p < points; p++) sum += values[p * width + unit] ** 2;
    return Math.sqrt(sum / points);
  });
}

/**
 * How late a unit goes if always the one goes that the rest makes up for best, by least squares:
 * what that costs is the variance which the rest does not explain, times the squared outgoing weights
 * (Hassibi and Stork 1993; for units Meng et al. 2024). The kernel and the inverse of the covariance
 * follow by a rank-one update.
 */
function unexplained(layer, hidden, next) {
  const [h, units, ridge] = [centred(hidden), hidden.width, 1e-4];
  const covariance = products(h, h).map((value) => value / h.points);
  const variance = (unit) => covariance[unit * units + unit];
  let mean = 0;
  for (let unit = 0; unit < units; unit++) mean += variance(unit) / units;
  const eye = new Float64Array(units * units);
  const penalised = covariance.slice();
  for (let unit = 0; unit < units; unit++) {
    eye[unit * units + unit] = 1;
    penalised[unit * units + unit] += ridge * (variance(unit) || mean || 1e-38);
  }
  const precision = solve(penalised, eye, units, units);
  const outputs = next.width;
  const kernel = Float64Array.from(next.kernel, (weight, place) =>
    variance(Math.floor(place / outputs)) > 0 ? weight : 0,
  );
  const rank = new Float64Array(units).fill(units);
  for (let number = 0; number < units; number++) {
    let [unit, least] = [-1, Infinity];
    for (let u = 0; u < units; u++) {
      if (rank[u] < units) continue;
      let squares = 0;
      for (let j = 0; j < outputs; j++) squares += kernel[u * outputs + j] ** 2;
      const cost = squares / precision[u * units + u];
      if (unit < 0 || cost < least) [unit, least] = [u, cost];
    }
    rank[unit] = number;
    remove(unit, precision, kernel, units, outputs);
  }
  return rank;
}

// The unit is gone, and the others have made up for it.
function remove(unit, precision, kernel, units, outputs) {
  const row = precision.slice(unit * units, (unit + 1) * units);
  const own = kernel.slice(unit * outputs, (unit + 1) * outputs);
  for (let u = 0; u < units; u++) {
    const share = row[u] / row[unit];
    for (let j = 0; j < outputs; j++) kernel[u * outputs + j] -= share * own[j];
    for (let w = 0; w < units; w++) precision[u * units + w] -= share * row[w];
  }
  kernel.fill(0, unit * outputs, (unit + 1) * outputs);
}

/** (layer, its activations, the layer that reads them, key) -> a score a unit; higher is kept. */
export const CRITERIA = { random, std, unexplained };

export function unitScores(criterion, layers, hidden, key) {
  return hidden.map((h, layer) => CRITERIA[criterion](layer, h, layers[layer + 1], key));
}

/** The places of the `count` highest scores of each layer, sorted; ties go to the lowest place. */
export const keepHighest = (scores, count) =>
  scores.map((score) =>
    Int32Array.from(score.keys())
      .sort((a, b) => score[b] - score[a] || a - b)
      .slice(0, count)
      .sort(),
  );

/** The units that are zero at every point, as one Uint8Array a hidden layer. */
export const deadUnits = (hidden) =>
  hidden.map(({ values, width }) => {
    const dead = new Uint8Array(width).fill(1);
    for (let place = 0; place < values.length; place++) {
      if (values[place] !== 0) dead[place % width] = 0;
    }
    return dead;
  });
