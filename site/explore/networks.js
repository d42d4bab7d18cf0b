// Both networks of a session: what they are, their maps, and their units.

import { decisionMap, find, unitGrid } from "./draw.js";
import { key, split } from "./random.js";
import { WIDTH } from "./settings.js";
import { spirals } from "./spirals.js";

export const NAMES = { train_first: "train first", prune_first: "prune first" };
export const percent = (share) => `${(100 * share).toFixed(1)} %`;
export const label = (canvas, text) => canvas.setAttribute("aria-label", text);
let data = {};

function dataOf({ seed }) {
  if (data.seed !== seed) data = { seed, points: spirals(split(key(seed), 5)[0]) };
  return data.points;
}

function stateOf({ settings, step, keep: known, done }, name) {
  const { keep, at } = settings;
  if (!known) {
    const wait = `step ${Math.max(done.train_first, 0)} of ${at}`;
    return name === "train_first"
      ? `trains, to find out which units stay: ${wait}`
      : "waits for them";
  }
  if (step < 0) return "";
  if (name === "prune_first") return `${keep} units a layer, trained for ${step} steps`;
  if (step < at) return `all ${WIDTH} units a layer, trained for ${step} steps`;
  const on = step > at ? `, and trained on for ${step - at}` : "";
  return `pruned at step ${at} to ${keep} units a layer${on}`;
}

/** Both networks: state, map, accuracy, units. */
export function drawNetworks(session, what) {
  for (const [name, words] of Object.entries(NAMES)) {
    const panel = find(`.${name}`);
    panel.querySelector(".state").textContent = stateOf(session, name);
    const { picture } = session;
    if (!picture) panel.querySelector(".score").textContent = "";
    if (what !== "picture") continue;
    const { map, accuracy } = picture.seen[name];
    panel.querySelector(".score").textContent = `right on ${percent(accuracy)} of unseen points`;
    const canvas = panel.querySelector(".map");
    decisionMap(canvas, map, dataOf(session.settings));
    label(canvas, `Map of the plane, ${words}: right on ${percent(accuracy)} of unseen points`);
    panel.querySelectorAll(".grids canvas").forEach((grid, layer) => {
      drawUnits(grid, session, picture, name, layer);
    });
  }
}

function drawUnits(canvas, session, picture, name, layer) {
  const kept = new Map([...session.keep[layer]].map((place, unit) => [place, unit]));
  const own = picture.seen[name].units[layer];
  const pruned = name === "prune_first" || picture.change;
  // What the trained network loses is shown as it was.
  const gone = name === "train_first" ? picture.change?.before.units[layer] : null;
  const cells = Array.from({ length: WIDTH }, (_, place) => {
    if (!pruned) return { from: own, unit: place, struck: false };
    const stays = kept.has(place);
    return { from: stays ? own : gone, unit: stays ? kept.get(place) : place, struck: !stays };
  });
  unitGrid(canvas, cells);
  const dead = own.dead.reduce((sum, one) => sum + one, 0);
  const out = cells.filter(({ struck }) => struck).length;
  label(canvas, `Hidden layer ${layer + 1}, ${NAMES[name]}: ${out} units taken out, ${dead} dead`);
}
