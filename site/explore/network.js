// A chain of dense layers, and Adam: the training step of `prune_utils`, in plain typed arrays.

import { Pass } from "./pass.js";

export const mapLayers = (layers, change) =>
  layers.map(({ inputs, width, kernel, bias }) => ({
    inputs,
    width,
    kernel: change(kernel),
    bias: change(bias),
  }));

export const copyLayers = (layers) => mapLayers(layers, (array) => Float64Array.from(array));
export const zeroLayers = (layers) => mapLayers(layers, (array) => new Float64Array(array.length));

/** Adam (Kingma and Ba 2015), as in optax: decay rates 0.9 and 0.999, ε of 1e-8. */
export const B1 = 0.9;
export const B2 = 0.999;
export const EPSILON = 1e-8;

/** A network in training: parameters, Adam's moments, and the number of steps that these have seen. */
export class Trainee {
  constructor(layers, data, activation, state) {
    this.layers = copyLayers(layers);
    this.data = data;
    this.activation = activation;
    this.m = copyLayers(state?.m ?? zeroLayers(layers));
    this.v = copyLayers(state?.v ?? zeroLayers(layers));
    this.seen = state?.seen ?? 0;
    this.gradients = zeroLayers(layers);
    this.pass = new Pass(
      layers.map((layer) => layer.width),
      data.points,
    );
  }

  /** One step on all points; returns the loss before it. */
  step(rate) {
    this.pass.forward(this.layers, this.data.x, this.activation);
    const loss = this.pass.loss(this.data.y, this.layers.at(-1).width);
    this.pass.backward(this.layers, this.data.x, this.gradients);
    this.seen += 1;
    const first = rate / (1 - B1 ** this.seen);
    const second = 1 / (1 - B2 ** this.seen);
    this.layers.forEach((layer, index) => {
      for (const part of ["kernel", "bias"]) {
        const [values, gradient] = [layer[part], this.gradients[index][part]];
        const [m, v] = [this.m[index][part], this.v[index][part]];
        for (let i = 0; i < values.length; i++) {
          const g = gradient[i];
          m[i] = (1 - B1) * g + B1 * m[i];
          v[i] = (1 - B2) * g * g + B2 * v[i];
          values[i] -= (first * m[i]) / (Math.sqrt(second * v[i]) + EPSILON);
        }
      }
    });
    return loss;
  }
}

/** The share of points whose highest output is their class. */
export function accuracy(outputs, y, classes) {
  let right = 0;
  for (let point = 0; point < y.length; point++) {
    let best = 0;
    for (let j = 1; j < classes; j++) {
      if (outputs[point * classes + j] > outputs[point * classes + best]) best = j;
    }
    right += best === y[point] ? 1 : 0;
  }
  return right / y.length;
}
