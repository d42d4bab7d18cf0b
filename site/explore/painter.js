// The thread that looks at networks: decision maps, accuracies, and what each hidden unit does.

import { deadUnits, hiddenActivations } from "./criteria.js";
import { accuracy } from "./network.js";
import { startOf } from "./orders.js";
import { Pass } from "./pass.js";
import { EXTENT, SIDE, TILE } from "./settings.js";

const EVERY = SIDE / TILE; // a unit's map has every third point

/** A square grid over the plane, row by row from the top left. */
function plane() {
  const x = new Float32Array(2 * SIDE * SIDE);
  const along = (place) => (EXTENT * (2 * place + 1 - SIDE)) / SIDE;
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      x[2 * (row * SIDE + column)] = along(column);
      x[2 * (row * SIDE + column) + 1] = -along(row);
    }
  }
  return { x, points: SIDE * SIDE };
}

const GRID = plane();
let drawn = {};
const passes = new Map();

/** A pass of the network; its arrays hold until the next one of that shape. */
function forward(layers, data, activation) {
  const widths = layers.map((layer) => layer.width);
  const shape = [data.points, ...widths].join();
  if (!passes.has(shape)) passes.set(shape, new Pass(widths, data.points));
  const pass = passes.get(shape);
  pass.forward(layers, data.x, activation);
  return pass;
}

/** Each unit over the plane, as one small map after the other, from 0 (no more than 0) to 255. */
function tiles(values, width) {
  const out = new Uint8Array(width * TILE * TILE);
  for (let unit = 0; unit < width; unit++) {
    const tile = Float64Array.from({ length: TILE * TILE }, (_, place) => {
      const [row, column] = [Math.floor(place / TILE) * EVERY + 1, (place % TILE) * EVERY + 1];
      return values[(row * SIDE + column) * width + unit];
    });
    const [low, high] = [Math.min(0, ...tile), Math.max(0, ...tile)];
    tile.forEach((value, place) => {
      out[unit * tile.length + place] = (255 * (value - low)) / (high - low || 1);
    });
  }
  return out;
}

/** What the hidden units do: their maps, and which are zero at all training points. */
function lookAtUnits(layers, onGrid, start, activation) {
  const dead = deadUnits(hiddenActivations(layers, start.data, activation));
  return dead.map((gone, layer) => ({
    dead: gone,
    tiles: tiles(onGrid.h[layer], layers[layer].width),
  }));
}

/** The probability of class 1 over the plane. */
function mapOf(onGrid) {
  const outputs = onGrid.z.at(-1);
  return Float32Array.from({ length: GRID.points }, (_, point) => {
    return 1 / (1 + Math.exp(outputs[2 * point] - outputs[2 * point + 1]));
  });
}

/** The share of fresh points that a network puts in their class. */
const rightOn = (layers, { test }, activation) =>
  accuracy(forward(layers, test, activation).z.at(-1), test.y, 2);

/** What is shown of one network: its map, test accuracy, and units. */
function look(layers, start, activation) {
  const onGrid = forward(layers, GRID, activation);
  return {
    map: mapOf(onGrid),
    accuracy: rightOn(layers, start, activation),
    units: lookAtUnits(layers, onGrid, start, activation),
  };
}

/** The share of the map that two networks put in different classes. */
function apart(a, b) {
  let different = 0;
  for (let point = 0; point < a.length; point++) different += a[point] > 0.5 !== b[point] > 0.5;
  return different / a.length;
}

function paint({ run, settings, networks, step, change }) {
  if (drawn.seed !== settings.seed) drawn = { seed: settings.seed, start: startOf(settings) };
  const { activation } = settings;
  if (drawn.run !== run) {
    passes.clear(); // of other widths
    Object.assign(drawn, { run, change: null });
  }
  if (change && !drawn.change) {
    const before = look(change.before, drawn.start, activation);
    const after = { accuracy: rightOn(change.after, drawn.start, activation) };
    drawn.change = { before, after };
  }
  const { train_first, prune_first, stranger } = networks;
  const [first, second] = [train_first, prune_first].map((layers) =>
    look(layers, drawn.start, activation),
  );
  const strangers = stranger && mapOf(forward(stranger, GRID, activation));
  return {
    run,
    step,
    seen: { train_first: first, prune_first: second },
    change: change && drawn.change,
    distance: apart(first.map, second.map),
    strangers: strangers ? apart(first.map, strangers) : null,
  };
}

onmessage = ({ data }) => postMessage(paint(data));
