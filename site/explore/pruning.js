// Which units stay, and how they make up for the others: the criteria and compensations of
// `prune_utils`, for a chain of dense layers. `hidden` holds one matrix of activations a hidden layer,
// { values: (points, width) row by row, points, width }.

import { Pass } from "./network.js";
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

function centred({ values, points, width }) {
  const out = new Float64Array(values.length);
  for (let unit = 0; unit < width; unit++) {
    // Less the first value before anything else, so that a constant gives exact zeros.
    let mean = 0;
    for (let p = 0; p < points; p++) mean += values[p * width + unit] - values[unit];
    mean /= points;
    for (let p = 0; p < points; p++) {
      out[p * width + unit] = values[p * width + unit] - values[unit] - mean;
    }
  }
  return { values: out, points, width };
}

/** aᵀ b of two matrices over the same points, (a.width, b.width) row by row. */
function products(a, b) {
  const out = new Float64Array(a.width * b.width);
  for (let p = 0; p < a.points; p++) {
    for (let i = 0; i < a.width; i++) {
      const factor = a.values[p * a.width + i];
      if (factor === 0) continue;
      for (let j = 0; j < b.width; j++) out[i * b.width + j] += factor * b.values[p * b.width + j];
    }
  }
  return out;
}

/** X of A X = B, A symmetric and positive definite (size, size), B (size, columns); by Cholesky. */
export function solve(a, b, size, columns) {
  const [l, x] = [a.slice(), b.slice()];
  for (let j = 0; j < size; j++) {
    for (let i = j; i < size; i++) {
      let sum = l[i * size + j];
      for (let k = 0; k < j; k++) sum -= l[i * size + k] * l[j * size + k];
      l[i * size + j] = i === j ? Math.sqrt(sum) : sum / l[j * size + j];
    }
  }
  for (let c = 0; c < columns; c++) {
    for (let i = 0; i < size; i++) {
      let sum = x[i * columns + c];
      for (let k = 0; k < i; k++) sum -= l[i * size + k] * x[k * columns + c];
      x[i * columns + c] = sum / l[i * size + i];
    }
    for (let i = size - 1; i >= 0; i--) {
      let sum = x[i * columns + c];
      for (let k = i + 1; k < size; k++) sum -= l[k * size + i] * x[k * columns + c];
      x[i * columns + c] = sum / l[i * size + i];
    }
  }
  return x;
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

/** Layers, or anything shaped like them such as Adam's moments, restricted to the kept units. */
export function sliceUnits(layers, keep) {
  return layers.map(({ inputs, width, kernel, bias }, layer) => {
    const rows = layer > 0 ? keep[layer - 1] : [...Array(inputs).keys()];
    const columns = layer < keep.length ? keep[layer] : [...Array(width).keys()];
    return {
      inputs: rows.length,
      width: columns.length,
      kernel: gather(kernel, width, rows, columns),
      bias: Float64Array.from(columns, (column) => bias[column]),
    };
  });
}

function gather(values, width, rows, columns) {
  const out = new Float64Array(rows.length * columns.length);
  let place = 0;
  for (const row of rows) for (const column of columns) out[place++] = values[row * width + column];
  return out;
}

const columnsOf = ({ values, points, width }, kept) => ({
  values: gather(values, width, [...Array(points).keys()], kept),
  points,
  width: kept.length,
});

function meansOf({ values, points, width }) {
  const means = new Float64Array(width);
  for (let place = 0; place < values.length; place++) means[place % width] += values[place] / points;
  return means;
}

/**
 * What takes the place of h (points, width) in the next layer: the kept features, plus their mixture
 * in every feature, plus a constant.
 * @returns {{mix: Float64Array|null, shift: Float64Array}} mix (kept, width)
 */
const COMPENSATIONS = {
  none: null,
  // A dropped unit is replaced by its mean in the original network (the post; Sietsma and Dow 1991).
  mean: (h, kept) => {
    const shift = meansOf(h);
    for (const unit of kept) shift[unit] = 0;
    return { mix: null, shift };
  },
  // The best affine prediction of what is missing (Castellano et al. 1997).
  least_squares: (h, kept, hKept) => {
    const [size, ridge, x] = [kept.length, 1e-6, centred(hKept)];
    const missing = { ...h, values: h.values.slice() };
    kept.forEach((unit, column) => {
      for (let p = 0; p < h.points; p++) {
        missing.values[p * h.width + unit] -= hKept.values[p * size + column];
      }
    });
    const gram = products(x, x);
    let penalty = 0;
    for (let i = 0; i < size; i++) penalty += (ridge * gram[i * size + i]) / size;
    for (let i = 0; i < size; i++) gram[i * size + i] += Math.max(penalty, 1e-38);
    const mix = solve(gram, products(x, centred(missing)), size, h.width);
    const [shift, seen] = [meansOf(missing), meansOf(hKept)];
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < h.width; j++) shift[j] -= seen[i] * mix[i * h.width + j];
    }
    return { mix, shift };
  },
};

export const COMPENSATION_NAMES = Object.keys(COMPENSATIONS);

/**
 * Removes all hidden units but the kept ones, and makes up for them in the next layer.
 * @param layers a chain of dense layers
 * @param keep sorted places of the kept units, one list a hidden layer
 * @param data the training points, on which the rest makes up for what goes
 */
export function prune(layers, keep, data, activation, compensation) {
  const small = sliceUnits(layers, keep);
  const compensate = COMPENSATIONS[compensation];
  if (!compensate) return small;
  hiddenActivations(layers, data, activation).forEach((h, layer) => {
    // As pruned so far: the layers before have made up for what they lost.
    const before = compensation === "least_squares" && layer > 0;
    const now = before ? hiddenActivations(small, data, activation)[layer] : columnsOf(h, keep[layer]);
    const { mix, shift } = compensate(h, keep[layer], now);
    const { width, kernel } = layers[layer + 1];
    const columns = keep[layer + 1] ?? [...Array(width).keys()];
    columns.forEach((column, place) => {
      for (let unit = 0; unit < h.width; unit++) {
        const weight = kernel[unit * width + column];
        small[layer + 1].bias[place] += shift[unit] * weight;
        for (let i = 0; mix && i < keep[layer].length; i++) {
          small[layer + 1].kernel[i * columns.length + place] += mix[i * h.width + unit] * weight;
        }
      }
    });
  });
  return small;
}

/** The units that are zero at every point, as one Uint8Array a hidden layer. */
export const deadUnits = (hidden) =>
  hidden.map(({ values, width }) => {
    const dead = new Uint8Array(width).fill(1);
    for (let place = 0; place < values.length; place++) {
      if (values[place] !== 0) dead[place % width] = 0;
    }
    return dead;
  });
