// The two orders of one seed, step by step: `train_prune` and `prune_train` of `prune_utils`, and every
// step of pruning in between.

import { Trainee } from "./network.js";
import { hiddenActivations, keepHighest, prune, sliceUnits, unitScores } from "./pruning.js";
import { FEATURES } from "./settings.js";
import { drawSeed } from "./spirals.js";
import { key } from "./random.js";

/** Data and initial weights of a seed; those of the stranger, its unrelated twin, if asked for. */
export function startOf({ seed }, stranger = false) {
  const drawn = drawSeed(key(seed), FEATURES);
  return { ...drawn, init: stranger ? drawn.stranger : drawn.init };
}

/** The whole network in training. */
export const wholeNetwork = (start, { activation }) =>
  new Trainee(start.init, start.data, activation);

/** The units that stay: those with the highest scores in the network as it is when it is pruned. */
export function chooseUnits(whole, start, { criterion, keep, activation }) {
  const hidden = hiddenActivations(whole.layers, start.data, activation);
  return keepHighest(unitScores(criterion, whole.layers, hidden, start.scoreKey), keep);
}

/** Trains the whole network until the step of pruning, prunes it, and trains on. */
export class TrainFirst {
  constructor(start, settings, keep) {
    Object.assign(this, { start, settings, keep, step: 0, pruned: false });
    this.trainee = wholeNetwork(start, settings);
    this.#pruneIfDue();
  }

  advance() {
    const loss = this.trainee.step(this.settings.rate);
    this.step += 1;
    this.#pruneIfDue();
    return loss;
  }

  #pruneIfDue() {
    const { at, activation, compensation } = this.settings;
    if (this.step !== at) return;
    const { layers, m, v, seen } = this.trainee;
    const small = prune(layers, this.keep, this.start.data, activation, compensation);
    const state = { m: sliceUnits(m, this.keep), v: sliceUnits(v, this.keep), seen };
    this.trainee = new Trainee(small, this.start.data, activation, state);
    this.pruned = true;
  }
}

/** Drops the same units from the initial network, and trains what is left. */
export class PruneFirst {
  constructor(start, settings, keep) {
    Object.assign(this, { settings, step: 0, pruned: true });
    this.trainee = new Trainee(sliceUnits(start.init, keep), start.data, settings.activation);
  }

  advance() {
    this.step += 1;
    return this.trainee.step(this.settings.rate);
  }
}
