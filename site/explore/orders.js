// The two orders of one seed, step by step: `train_prune` and `prune_train` of `prune_utils`, and every
// step of pruning in between.

import { hiddenActivations, keepHighest, unitScores } from "./criteria.js";
import { Trainee } from "./network.js";
import { prune, sliceUnits } from "./pruning.js";
import { key } from "./random.js";
import { FEATURES } from "./settings.js";
import { drawSeed } from "./spirals.js";

/** Data and initial weights of a seed; those of the stranger, its unrelated twin, if asked for. */
export function startOf({ seed }, stranger = false) {
  const drawn = drawSeed(key(seed), FEATURES);
  return { ...drawn, init: stranger ? drawn.stranger : drawn.init };
}

/**
 * Trains the whole network until the step of pruning, prunes it, and trains on.
 *
 * `keep` holds the units that stay, those with the highest scores in the network as it is when it is
 * pruned; null until they are known, which a random choice is from the beginning. `before` is the whole
 * network as it was then, from which another choice can go on.
 */
export class TrainFirst {
  constructor(start, settings, before = null) {
    Object.assign(this, { start, settings, before: null, keep: null });
    this.step = before ? settings.at : 0;
    this.trainee = before ?? new Trainee(start.init, start.data, settings.activation);
    if (settings.criterion === "random") this.#choose();
    this.#pruneIfDue();
  }

  advance() {
    const loss = this.trainee.step(this.settings.rate);
    this.step += 1;
    this.#pruneIfDue();
    return loss;
  }

  #choose() {
    const { criterion, keep, activation } = this.settings;
    const { layers } = this.trainee;
    const hidden = hiddenActivations(layers, this.start.data, activation);
    this.keep = keepHighest(unitScores(criterion, layers, hidden, this.start.scoreKey), keep);
  }

  #pruneIfDue() {
    const { at, activation, compensation } = this.settings;
    if (this.step !== at) return;
    if (!this.keep) this.#choose();
    const { layers, m, v, seen } = this.trainee;
    const small = prune(layers, this.keep, this.start.data, activation, compensation);
    const state = { m: sliceUnits(m, this.keep), v: sliceUnits(v, this.keep), seen };
    this.before = this.trainee;
    this.trainee = new Trainee(small, this.start.data, activation, state);
  }
}

/** Drops the same units from the initial network, and trains what is left. */
export class PruneFirst {
  constructor(start, settings, keep) {
    Object.assign(this, { settings, keep, step: 0 });
    this.trainee = new Trainee(sliceUnits(start.init, keep), start.data, settings.activation);
  }

  advance() {
    this.step += 1;
    return this.trainee.step(this.settings.rate);
  }
}
