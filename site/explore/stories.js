// What the page tells: five settings, each with what is to be seen and what to try next.

import { initialSettings } from "./settings.js";

export const STORIES = [
  {
    name: "A random half: it matters",
    set: { rate: 0.1, keep: 50, criterion: "random", compensation: "mean" },
    text: [
      "Half of the hidden units are chosen at random and taken out. What they put out on average is kept.",
      "On the left that happens at the last step, and the trained network is ruined: it is right on well below nine points of ten.",
      "On the right the very same units are taken out before training, and the network learns as if nothing had happened.",
    ],
    attempt:
      "Prune the left network at step 900. With a tenth of the training left, much of the damage is usually repaired.",
  },
  {
    name: "The quiet half: it does not",
    set: { rate: 0.1, keep: 50, criterion: "std", compensation: "mean" },
    text: [
      "Now the half goes whose output varies least. The blog post of 2022 did this, and found both orders level.",
      "Look at the units on the left: most of those that are crossed out are grey. Training has killed them, so nothing is lost.",
      "Both networks score alike. But they disagree on a part of the map, on average as much as strangers: networks from unrelated starts.",
    ],
    attempt:
      "Change the seed a few times. Now and then one of the trainings fails, whatever the order.",
  },
  {
    name: "Slower learning: it does again",
    set: { rate: 0.01, keep: 50, criterion: "std", compensation: "mean" },
    text: [
      "The same again, with a learning rate ten times smaller. Few units die.",
      "The half that varies least still does something, and its units do it together. Without them the trained network is ruined.",
      "Pruned first, it learns as well as ever.",
    ],
    attempt:
      "Let the kept units take over, by least squares. Most of the damage is gone, without any more training.",
  },
  {
    name: "Others take over: it hardly does",
    set: { rate: 0.01, keep: 12, criterion: "unexplained", compensation: "least_squares" },
    text: [
      "Eighty-eight of a hundred units go, in each layer. Those stay that the others cannot replace.",
      "The kept units take over for the rest: each weight that reads them is changed, by least squares.",
      "With no training afterwards the left network is nearly as good as before. The order hardly matters.",
    ],
    attempt:
      "Keep only 3 units: now training first loses. Then prune the left network at step 200, which usually beats both orders.",
  },
  {
    name: "Extra: where ±0.59 comes from",
    set: { rate: 0.1, keep: 50, criterion: "random", compensation: "none" },
    slow: true,
    text: [
      "Look at “Weight against weight”, further down. Each dot is a weight between the hidden layers: its value in one order, against its value in the other.",
      "Dashes appear. The one in the centre has the weights that training never touched; those at the lower left and the upper right were moved by 0.6 in both orders, the others in only one.",
      "The post measured 0.59. It is the answer of Adam, the training rule, to a single gradient at the first step: six learning rates, whatever the gradient’s size.",
    ],
    attempt:
      "Pause after some fifty steps, and click on a dot of an outer dash. “What moved this weight” shows each of its steps, and how few gradients it saw.",
  },
];

/** The settings of a story. */
export const settingsOf = (story, seed) => ({ ...initialSettings(), ...story.set, seed });

/** The story with these settings, whatever the seed; undefined if there is none. */
export function storyOf(settings) {
  const same = (story) => {
    const told = settingsOf(story, settings.seed);
    return Object.keys(told).every((name) => told[name] === settings[name]);
  };
  return STORIES.find(same);
}
