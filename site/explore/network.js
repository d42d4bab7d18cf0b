// A chain of dense layers, its loss and gradients, and Adam: the training step of `prune_utils`, in
// plain typed arrays. Points are rows: activations are (points, width), row by row. The numbers are
// doubles, with which engines compute faster than with singles, because they need not round.

const GELU = Math.sqrt(2 / Math.PI);

// Each fills activations and slopes from pre-activations. A slope of zero, or an activation of zero,
// is left out of the products: most units of a trained ReLU network are silent at most points.
export const ACTIVATIONS = {
  relu(z, h, slope) {
    for (let i = 0; i < z.length; i++) {
      h[i] = z[i] > 0 ? z[i] : 0;
      slope[i] = z[i] > 0 ? 1 : 0;
    }
  },
  leaky_relu(z, h, slope) {
    for (let i = 0; i < z.length; i++) {
      slope[i] = z[i] >= 0 ? 1 : 0.01;
      h[i] = slope[i] * z[i];
    }
  },
  gelu(z, h, slope) {
    for (let i = 0; i < z.length; i++) {
      const x = z[i];
      const t = Math.tanh(GELU * (x + 0.044715 * x * x * x));
      h[i] = 0.5 * x * (1 + t);
      slope[i] = 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * GELU * (1 + 0.134145 * x * x);
    }
  },
  tanh(z, h, slope) {
    for (let i = 0; i < z.length; i++) {
      h[i] = Math.tanh(z[i]);
      slope[i] = 1 - h[i] * h[i];
    }
  },
};

export const mapLayers = (layers, change) =>
  layers.map(({ inputs, width, kernel, bias }) => ({
    inputs,
    width,
    kernel: change(kernel),
    bias: change(bias),
  }));

export const copyLayers = (layers) => mapLayers(layers, (array) => Float64Array.from(array));
export const zeroLayers = (layers) => mapLayers(layers, (array) => new Float64Array(array.length));

// The places of `values` from `start`, `stride` apart, that are not zero.
function listNonzero(values, start, count, stride, places) {
  let found = 0;
  for (let i = 0; i < count; i++) {
    if (values[start + i * stride] !== 0) places[found++] = i;
  }
  return found;
}

// out[at …] += Σ over the places of factors[…] · rows[place, :], four rows at a time.
function addRows(out, at, width, rows, factors, start, stride, places, found) {
  let n = 0;
  for (; n + 4 <= found; n += 4) {
    const f0 = factors[start + places[n] * stride];
    const f1 = factors[start + places[n + 1] * stride];
    const f2 = factors[start + places[n + 2] * stride];
    const f3 = factors[start + places[n + 3] * stride];
    const r0 = places[n] * width;
    const r1 = places[n + 1] * width;
    const r2 = places[n + 2] * width;
    const r3 = places[n + 3] * width;
    for (let j = 0; j < width; j++) {
      out[at + j] += f0 * rows[r0 + j] + f1 * rows[r1 + j] + f2 * rows[r2 + j] + f3 * rows[r3 + j];
    }
  }
  for (; n < found; n++) {
    const factor = factors[start + places[n] * stride];
    const row = places[n] * width;
    for (let j = 0; j < width; j++) out[at + j] += factor * rows[row + j];
  }
}

/** What the network computes at some points, layer by layer; its arrays are used again and again. */
export class Pass {
  constructor(widths, points) {
    const arrays = () => widths.map((width) => new Float64Array(points * width));
    this.points = points;
    this.z = arrays();
    this.h = arrays();
    this.slope = arrays();
    this.delta = arrays();
    this.places = new Int32Array(Math.max(points, ...widths));
  }

  /** Runs the network at `x` (points, inputs); the outputs before the softmax are the last `z`. */
  forward(layers, x, activation) {
    let h = x;
    layers.forEach(({ inputs, width, kernel, bias }, layer) => {
      const z = this.z[layer];
      for (let point = 0; point < this.points; point++) {
        z.set(bias, point * width);
        const found = listNonzero(h, point * inputs, inputs, 1, this.places);
        addRows(z, point * width, width, kernel, h, point * inputs, 1, this.places, found);
      }
      if (layer < layers.length - 1) {
        ACTIVATIONS[activation](z, this.h[layer], this.slope[layer]);
        h = this.h[layer];
      }
    });
    return this.z.at(-1);
  }

  /** The mean loss in nats a point, after `forward`; leaves its gradient by the outputs in `delta`. */
  loss(y, classes) {
    const [z, delta] = [this.z.at(-1), this.delta.at(-1)];
    let total = 0;
    for (let point = 0; point < this.points; point++) {
      const at = point * classes;
      let [top, sum] = [-Infinity, 0];
      for (let j = 0; j < classes; j++) top = Math.max(top, z[at + j]);
      for (let j = 0; j < classes; j++) sum += Math.exp(z[at + j] - top);
      total += Math.log(sum) + top - z[at + y[point]];
      for (let j = 0; j < classes; j++) {
        const probability = Math.exp(z[at + j] - top) / sum;
        delta[at + j] = (probability - (j === y[point] ? 1 : 0)) / this.points;
      }
    }
    return total / this.points;
  }

  /** Gradients of the loss by all parameters, into `gradients`, after `loss`. */
  backward(layers, x, gradients) {
    for (let layer = layers.length - 1; layer >= 0; layer--) {
      const { inputs, width, kernel } = layers[layer];
      const delta = this.delta[layer];
      const h = layer > 0 ? this.h[layer - 1] : x;
      const { kernel: byKernel, bias: byBias } = gradients[layer];
      byKernel.fill(0);
      for (let i = 0; i < inputs; i++) {
        const found = listNonzero(h, i, this.points, inputs, this.places);
        addRows(byKernel, i * width, width, delta, h, i, inputs, this.places, found);
      }
      for (let j = 0; j < width; j++) {
        let sum = 0;
        for (let point = 0; point < this.points; point++) sum += delta[point * width + j];
        byBias[j] = sum;
      }
      if (layer > 0) this.#deltaBelow(layer, inputs, width, kernel, delta);
    }
  }

  #deltaBelow(layer, inputs, width, kernel, delta) {
    const [below, slope] = [this.delta[layer - 1], this.slope[layer - 1]];
    const even = width - (width % 4);
    for (let point = 0; point < this.points; point++) {
      for (let i = 0; i < inputs; i++) {
        const here = point * inputs + i;
        if (slope[here] === 0) {
          below[here] = 0;
          continue;
        }
        let a = 0;
        let b = 0;
        let c = 0;
        let d = 0;
        let row = i * width;
        let at = point * width;
        const end = row + even;
        for (; row < end; row += 4, at += 4) {
          a += kernel[row] * delta[at];
          b += kernel[row + 1] * delta[at + 1];
          c += kernel[row + 2] * delta[at + 2];
          d += kernel[row + 3] * delta[at + 3];
        }
        for (let j = even; j < width; j++) a += kernel[row++] * delta[at++];
        below[here] = slope[here] * (a + b + c + d);
      }
    }
  }
}

/** Adam (Kingma and Ba 2015), as in optax: decay rates 0.9 and 0.999, ε of 1e-8. */
export const B1 = 0.9;
export const B2 = 0.999;
const EPSILON = 1e-8;

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
    const [first, second] = [1 - B1 ** this.seen, 1 - B2 ** this.seen];
    this.layers.forEach((layer, index) => {
      for (const part of ["kernel", "bias"]) {
        const [values, gradient] = [layer[part], this.gradients[index][part]];
        const [m, v] = [this.m[index][part], this.v[index][part]];
        for (let i = 0; i < values.length; i++) {
          const g = gradient[i];
          m[i] = (1 - B1) * g + B1 * m[i];
          v[i] = (1 - B2) * g * g + B2 * v[i];
          values[i] -= (rate * (m[i] / first)) / (Math.sqrt(v[i] / second) + EPSILON);
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
