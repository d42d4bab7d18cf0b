// Takes units out of a chain of dense layers and makes up for them: the compensations of `prune_utils`.

import { hiddenActivations } from "./criteria.js";
import { below, centred, columnsOf, gather, meansOf, products, solve } from "./matrices.js";

/** Layers, or anything shaped like them such as Adam's moments, restricted to the kept units. */
export function sliceUnits(layers, keep) {
  return layers.map(({ inputs, width, kernel, bias }, layer) => {
    const rows = layer > 0 ? keep[layer - 1] : below(inputs);
    const columns = layer < keep.length ? keep[layer] : below(width);
    return {
      inputs: rows.length,
      width: columns.length,
      kernel: gather(kernel, width, rows, columns),
      bias: Float64Array.from(columns, (column) => bias[column]),
    };
  });
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
    const now = before
      ? hiddenActivations(small, data, activation)[layer]
      : columnsOf(h, keep[layer]);
    const { mix, shift } = compensate(h, keep[layer], now);
    const { width, kernel } = layers[layer + 1];
    const columns = keep[layer + 1] ?? below(width);
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
