// The thread that trains one order, as fast as it can, and shows any step that it has done:
//   begin { order, settings, keep } -> kept { keep }, and again and again
//                                      moved { step, losses, traced, change }
//   show { step }                   -> frame { step, layers }
// A later `begin` ends an earlier one. Every message carries the number of its run.

import { Film } from "./film.js";
import { gather } from "./matrices.js";
import { PruneFirst, startOf, TrainFirst } from "./orders.js";
import { STEPS, TRACED, WIDTH } from "./settings.js";

const PATIENCE = 25; // milliseconds between two looks at what came in

const later = () => new Promise((resolve) => setTimeout(resolve));

class Trainer {
  constructor() {
    this.film = new Film();
    this.whole = {};
  }

  async begin({ run, order, settings, keep }) {
    this.run = run;
    await later();
    // Of many changes in a row only the last is worth the work.
    if (this.run !== run) return;
    this.losses = [];
    this.kernels = [];
    if (order === "train_first") this.order = this.#trainFirst(settings);
    if (order === "prune_first") this.order = new PruneFirst(startOf(settings), settings, keep);
    if (order === "stranger") {
      const start = startOf(settings, true);
      const scout = new TrainFirst(start, settings);
      await this.#work(
        run,
        () => scout.keep,
        () => scout.advance(),
      );
      if (this.run !== run) return;
      this.order = new PruneFirst(start, settings, scout.keep);
    }
    Object.assign(this, { kept: false, toldChange: false, toldLosses: 0, toldKernels: 0 });
    this.#record();
    this.#tell(run);
    await this.#work(
      run,
      () => this.order.step === STEPS,
      () => this.#advance(),
      () => this.#tell(run),
    );
  }

  show({ run, step }) {
    if (this.run === run)
      postMessage({ kind: "frame", run, step, layers: this.film.layersAt(step) });
  }

  // The network trained for the last run serves for another choice of units, too.
  #trainFirst(settings) {
    const { seed, rate, activation, at } = settings;
    const name = [seed, rate, activation, at].join();
    const { order, losses, kernels } = this.whole.name === name ? this.whole : {};
    const before = order?.before ?? null;
    if (before) {
      this.losses = losses.slice(0, at);
      this.kernels = kernels.slice(0, at);
    }
    const next = new TrainFirst(before ? order.start : startOf(settings), settings, before);
    this.whole = { name, order: next, losses: this.losses, kernels: this.kernels };
    return next;
  }

  async #work(run, done, advance, report = () => {}) {
    while (!done() && this.run === run) {
      const from = performance.now();
      while (!done() && performance.now() - from < PATIENCE) advance();
      report();
      await later();
    }
  }

  #advance() {
    this.losses.push(this.order.advance());
    this.#record();
  }

  // The step itself, and the kernel between the hidden layers with the gradient that moved it.
  #record() {
    const { step, trainee, before, settings } = this.order;
    this.film.record(step, trainee.layers);
    if (step > TRACED) return;
    const { gradients } = before && step > 0 && step === settings.at ? before : trainee;
    this.kernels[step] = [trainee.layers[1], gradients[1]].map(({ kernel }) =>
      Float32Array.from(kernel),
    );
  }

  #tell(run) {
    const { keep, step, before } = this.order;
    if (keep && !this.kept) postMessage({ kind: "kept", run, keep });
    this.kept = Boolean(keep);
    const news = { losses: this.losses.slice(this.toldLosses), traced: [] };
    this.toldLosses = this.losses.length;
    if (keep) {
      const ofKept = (values) =>
        values.length === WIDTH * WIDTH ? gather(values, WIDTH, ...keep) : values;
      news.traced = this.kernels.slice(this.toldKernels).map(([weights, gradients]) => ({
        weights: ofKept(weights),
        gradients: ofKept(gradients),
      }));
      this.toldKernels = this.kernels.length;
    }
    if (before && !this.toldChange) {
      news.change = { before: before.layers, after: this.film.layersAt(this.order.settings.at) };
      this.toldChange = true;
    }
    postMessage({ kind: "moved", run, step, ...news });
  }
}

const trainer = new Trainer();
onmessage = ({ data: { task, ...rest } }) => trainer[task](rest);
