// Every step of a training, in single precision: 42 MB, used again and again.

import { FEATURES, STEPS } from "./settings.js";

const sizeOf = (widths) =>
  widths.slice(1).reduce((sum, width, layer) => sum + (widths[layer] + 1) * width, 0);

export class Film {
  constructor() {
    this.size = sizeOf(FEATURES);
    this.values = new Float32Array((STEPS + 1) * this.size);
    this.widths = [];
  }

  record(step, layers) {
    this.widths[step] = [layers[0].inputs, ...layers.map((layer) => layer.width)];
    let at = step * this.size;
    for (const { kernel, bias } of layers) {
      this.values.set(kernel, at);
      this.values.set(bias, at + kernel.length);
      at += kernel.length + bias.length;
    }
  }

  /** The layers after a step that was recorded. */
  layersAt(step) {
    let at = step * this.size;
    const take = (length) => this.values.slice(at, (at += length));
    const widths = this.widths[step];
    return widths.slice(1).map((width, layer) => {
      const inputs = widths[layer];
      return { inputs, width, kernel: take(inputs * width), bias: take(width) };
    });
  }
}
