// What the page tells: five settings, each with what is to be seen and what to try next.

import { initialSettings } from "./settings.js";

export const STORIES = [
  {
    name: "A random half",
    set: { rate: 0.1, keep: 50, criterion: "random", compensation: "mean" },
    text: [
      "Half of the hidden units are chosen at random and taken out. What they said on average is kept.",
      "On the left that happens after training, and the network is ruined: it is right on well below nine points of ten.",
      "On the right the very same units are taken out before training, and the network learns as if nothing had happened.",
    ],
    attempt:
      "Move “prune at step” to 900. With a tenth of the training left, much of the damage is usually repaired.",
  },
  {
    name: "The quiet half",
    set: { rate: 0.1, keep: 50, criterion: "std", compensation: "mean" },
    text: [
      "Now the half that varies least goes. The blog post of 2022 did this, and found both orders level.",
      "Look at the units on the left: most of those that are struck out are grey. Training has killed them, so nothing is lost.",
      "Both networks score alike. But on the map they are about as far apart as two strangers.",
    ],
    attempt:
      "Change the seed. Now and then one of the trainings fails, before anything is pruned or after.",
  },
  {
    name: "One step aside",
    set: { rate: 0.01, keep: 50, criterion: "std", compensation: "mean" },
    text: [
      "The same again, with a learning rate ten times smaller. Few units die.",
      "The half that varies least still does something, and its units do it together. Without them the trained network is ruined.",
      "Pruned first, it learns as well as ever.",
    ],
    attempt: "Set what makes up for the others to “the kept units, by least squares”.",
  },
  {
    name: "Nothing lost",
    set: { rate: 0.01, keep: 12, criterion: "unexplained", compensation: "least_squares" },
    text: [
      "Eighty-eight of a hundred units go, in each layer. Those stay that the others cannot stand in for.",
      "The kept units then stand in for the rest: each weight that reads them is changed, by least squares.",
      "After training, with no training afterwards, the network is as good as before. The order does not matter.",
    ],
    attempt: "Keep only 3 units. Then prune at step 200 instead of at the end.",
  },
  {
    name: "Where ±0.59 comes from",
    set: { rate: 0.1, keep: 50, criterion: "random", compensation: "none" },
    slow: true,
    text: [
      "Each dot is a weight between the hidden layers: its value in one order, against its value in the other.",
      "Dashes appear. Weights that training never touched stay on the middle one. The others were moved by the same 0.6, up or down.",
      "That is Adam’s answer to a single gradient. Its running means fade at two speeds, and the steps add up to six learning rates, whatever the gradient’s size.",
    ],
    attempt:
      "Pause, and point at a dot of an outer dash. Below you see each step that it made, and the few gradients it saw.",
  },
];

/** The story with these settings, whatever the seed; undefined if there is none. */
export function storyOf(settings) {
  const same = (story) => {
    const told = { ...initialSettings(), ...story.set, seed: settings.seed };
    return Object.keys(told).every((name) => told[name] === settings[name]);
  };
  return STORIES.find(same);
}
