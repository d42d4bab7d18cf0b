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
    const picture = session.pictures.at(-1);
    if (!picture) panel.querySelector(".score").textContent = "";
    if (what !== "picture") continue;
    const { map, accuracy } = picture.seen[name];
    panel.querySelector(".score").textContent = `right on ${percent(accuracy)} of fresh points`;
    const canvas = panel.querySelector(".map");
    decisionMap(canvas, map, dataOf(session.settings));
    label(canvas, `Map of the plane, ${words}: right on ${percent(accuracy)} of fresh points`);
    panel.querySelectorAll(".grids canvas").forEach((grid, layer) => {
      drawUnits(grid, session, picture, name, layer);
    });
  }
}

function drawUnits(canvas, session, picture, name, layer) {
  const places = [...Array(WIDTH).keys()];
  const kept = new Map([...session.keep[layer]].map((place, unit) => [place, unit]));
  const own = picture.seen[name].units[layer];
  const { change } = picture;
  const pruned = name === "prune_first" || change;
  if (!pruned)
    unitGrid(
      canvas,
      own,
      places,
      places.map(() => false),
    );
  else if (name === "prune_first") {
    unitGrid(
      canvas,
      own,
      places.map((place) => kept.get(place) ?? -1),
      places.map((place) => !kept.has(place)),
    );
  } else {
    // What went is shown as it was.
    const size = own.tiles.length / own.dead.length;
    const units = {
      tiles: change.before.units[layer].tiles.slice(),
      dead: change.before.units[layer].dead.slice(),
    };
    for (const [place, unit] of kept) {
      units.tiles.set(own.tiles.subarray(unit * size, (unit + 1) * size), place * size);
      units.dead[place] = own.dead[unit];
    }
    unitGrid(
      canvas,
      units,
      places,
      places.map((place) => !kept.has(place)),
    );
  }
  const dead = own.dead.reduce((sum, gone) => sum + gone, 0);
  const gone = pruned ? WIDTH - kept.size : 0;
  label(canvas, `Hidden layer ${layer + 1}, ${NAMES[name]}: ${gone} units taken out, ${dead} dead`);
}
