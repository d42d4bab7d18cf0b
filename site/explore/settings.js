// What can be set, its bounds, and how it stands in the page's address.

import { CRITERIA } from "./criteria.js";
import { ACTIVATIONS } from "./pass.js";
import { COMPENSATION_NAMES } from "./pruning.js";

export const STEPS = 1000;
export const WIDTH = 100;
export const FEATURES = [2, WIDTH, WIDTH, 2];

export const EXTENT = 1.2; // the maps show [-EXTENT, EXTENT]²
export const SIDE = 48; // points of a map along each side
export const TILE = 16; // the same, of the small map of a unit
// So many steps are kept weight by weight, to show what moved a weight of the second kernel.
export const TRACED = 60;

export const RATES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3];
export const FASTEST = 400; // steps a second that are shown at most

const whole =
  (low, high, step = 1) =>
  (text) => {
    const number = Number(text);
    const fits = /^\d+$/.test(text) && number >= low && number <= high && number % step === 0;
    return fits ? number : undefined;
  };
const oneOf = (values) => (text) => values.find((value) => String(value) === text);

/** For each setting what reads it from a text (undefined: it cannot), and the value to start with. */
export const SETTINGS = {
  seed: { read: whole(0, 2 ** 32 - 1), initial: 0 },
  rate: { read: oneOf(RATES), initial: 0.1 },
  keep: { read: whole(1, WIDTH), initial: 50 },
  criterion: { read: oneOf(Object.keys(CRITERIA)), initial: "random" },
  compensation: { read: oneOf(COMPENSATION_NAMES), initial: "mean" },
  at: { read: whole(0, STEPS, 10), initial: STEPS },
  activation: { read: oneOf(Object.keys(ACTIVATIONS)), initial: "relu" },
};

export const initialSettings = () =>
  Object.fromEntries(Object.entries(SETTINGS).map(([name, { initial }]) => [name, initial]));

/**
 * The settings that an address names after its #, with initial values for what it leaves out.
 * @returns {{settings: object, rejected: string[]}} rejected: names that are unknown, or whose value is
 */
export function readAddress(hash) {
  const [settings, rejected] = [initialSettings(), []];
  for (const [name, text] of new URLSearchParams(hash.replace(/^#/, ""))) {
    const value = Object.hasOwn(SETTINGS, name) ? SETTINGS[name].read(text) : undefined;
    if (value === undefined) rejected.push(name);
    else settings[name] = value;
  }
  return { settings, rejected };
}

export const writeAddress = (settings) => `#${new URLSearchParams(settings)}`;
