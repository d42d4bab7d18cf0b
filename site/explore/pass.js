// What a network computes at some points, and the gradients of its loss. Points are rows: activations
// are (points, width), row by row. The numbers are doubles, with which engines compute faster than with
// singles, because they need not round.

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

// Below this share of outputs with a gradient, going through them one by one is faster.
const SPARSE = 0.4;

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
    this.steep = new Float64Array(Math.max(...widths));
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
      gradients[layer].kernel.fill(0);
      gradients[layer].bias.fill(0);
      const delta = this.delta[layer];
      let steep = 0;
      for (let i = 0; i < delta.length; i++) steep += delta[i] === 0 ? 0 : 1;
      if (steep > SPARSE * delta.length) this.#backDense(layers[layer], layer, x, gradients[layer]);
      else this.#backSparse(layers[layer], layer, x, gradients[layer]);
    }
  }

  // Many outputs have a gradient: rows of the kernel as a whole.
  #backDense({ inputs, width, kernel }, layer, x, { kernel: byKernel, bias: byBias }) {
    const delta = this.delta[layer];
    const h = layer > 0 ? this.h[layer - 1] : x;
    for (let i = 0; i < inputs; i++) {
      const found = listNonzero(h, i, this.points, inputs, this.places);
      addRows(byKernel, i * width, width, delta, h, i, inputs, this.places, found);
    }
    for (let place = 0; place < delta.length; place++) byBias[place % width] += delta[place];
    if (layer > 0) this.#deltaBelow(layer, inputs, width, kernel, delta);
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

  // Few have one: point by point, from those outputs to the inputs that are not silent.
  #backSparse(own, layer, x, by) {
    for (let point = 0; point < this.points; point++) this.#backPoint(own, layer, point, x, by);
  }

  #backPoint({ inputs, width, kernel }, layer, point, x, { kernel: byKernel, bias: byBias }) {
    const { places, steep } = this;
    const delta = this.delta[layer];
    const from = point * width;
    const found = listNonzero(delta, from, width, 1, places);
    for (let n = 0; n < found; n++) {
      steep[n] = delta[from + places[n]];
      byBias[places[n]] += steep[n];
    }
    const h = layer > 0 ? this.h[layer - 1] : x;
    const slope = layer > 0 ? this.slope[layer - 1] : null;
    const below = layer > 0 ? this.delta[layer - 1] : null;
    for (let i = 0; i < inputs; i++) {
      const at = point * inputs + i;
      const value = h[at];
      const row = i * width;
      if (slope !== null && slope[at] === 0 && value === 0) {
        below[at] = 0;
        continue;
      }
      let sum = 0;
      for (let n = 0; n < found; n++) {
        const place = row + places[n];
        byKernel[place] += value * steep[n];
        sum += kernel[place] * steep[n];
      }
      if (slope !== null) below[at] = slope[at] * sum;
    }
  }
}
