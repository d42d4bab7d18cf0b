// What is measured of a session, as charts: accuracy, loss, distance, and single weights.

import { chart, find, scatter } from "./draw.js";
import { gather } from "./matrices.js";
import { label, NAMES, percent } from "./networks.js";
import { STEPS, TRACED, WIDTH } from "./settings.js";
import { answerToFirst, displacementOf, gradientsOf, seenBy } from "./trace.js";

// Told apart by more than their colour.
const STYLES = [
  { colour: "train_first", name: NAMES.train_first },
  { colour: "prune_first", name: NAMES.prune_first, dash: [7, 3] },
];

function keys(canvas, lines) {
  const key = canvas.parentElement.querySelector(".key");
  const entries = lines.map(({ colour, name, dash }) => {
    const [entry, line] = [document.createElement("span"), document.createElement("i")];
    line.style.borderColor = `var(--${colour})`;
    if (dash) line.style.borderTopStyle = "dashed";
    entry.append(line, name);
    return entry;
  });
  key.replaceChildren(...entries);
}

/** Accuracy and loss over steps, and how far the networks are apart. */
export function drawCharts(session) {
  const { curve, losses, picture, step } = session;
  const bottom = [0, 250, 500, 750, 1000].map((at) => [at, String(at)]);
  const x = [0, STEPS];
  const lines = (points) => STYLES.map((style) => ({ ...style, points: points(style.colour) }));
  const shares = [0.5, 0.75, 1].map((share) => [share, `${100 * share} %`]);
  const right = lines((name) => curve[name]);
  chart(find("#accuracy"), { x, y: [0.4, 1.01], left: shares, bottom }, right);
  keys(find("#accuracy"), right);
  const [first, second] = Object.values(picture.seen).map(({ accuracy }) => percent(accuracy));
  label(
    find("#accuracy"),
    `Right on unseen points by step: train first ${first}, prune first ${second}`,
  );
  const powers = [
    [-4, "10⁻⁴"],
    [-2, "10⁻²"],
    [0, "1"],
  ];
  const fallen = lines((name) =>
    losses[name].slice(0, step).map((loss, at) => [at, Math.log10(loss + 1e-9)]),
  );
  chart(find("#loss"), { x, y: [-5, 1], left: powers, bottom }, fallen);
  keys(find("#loss"), fallen);
  label(find("#loss"), `Training loss by step, ${step} steps done`);
  drawDistances(picture);
}

function drawDistances({ distance, strangers }) {
  const rows = [
    ["train first and prune first", distance, "ink"],
    ["train first and a stranger’s prune first", strangers, "stranger"],
  ];
  const entries = rows.flatMap(([words, share, colour]) => {
    const [term, value, bar] = ["dt", "dd", "i"].map((tag) => document.createElement(tag));
    term.textContent = words;
    bar.style.width = `${70 * (share ?? 0)}%`;
    bar.style.color = `var(--${colour})`;
    value.append(bar, share === null ? "still training" : percent(share));
    return [term, value];
  });
  find("#apart").replaceChildren(...entries);
}

/** The second kernel of both, of the units that stay. */
function kernels({ networks, keep }) {
  const [first, second] = [networks.train_first, networks.prune_first];
  const { kernel, width } = first[1];
  return [width === WIDTH ? gather(kernel, width, ...keep) : kernel, second[1].kernel];
}

const rangeOf = ({ rate }) => Math.max(1, 0.2 + 7.5 * rate);
const inShort = (value) => String(Number(value.toPrecision(2)));
// Adam's whole answer to a gradient at the first step, in learning rates, see notebook 06.
const ANSWER = answerToFirst([-1, ...Array(STEPS - 1).fill(0)], 1).at(-1);
let placed = null;

/** Weight against weight. */
export function drawKernels(session, weight) {
  if (session.step < 0) return;
  const range = rangeOf(session.settings);
  const shift = ANSWER * session.settings.rate;
  const seen = shift > 0.15 * range ? shift : range / 2;
  const ticks = [-seen, 0, seen].map((value) => [value, inShort(value)]);
  const scales = { x: [-range, range], y: [-range, range], left: ticks, bottom: ticks };
  const both = kernels(session);
  placed = scatter(find("#kernels"), scales, ...both, weight);
  find("#shift").textContent =
    `Adam’s answer to one gradient at the first step is ±${inShort(shift)}, six learning rates.`;
  label(find("#kernels"), `${both[0].length} weights, train first against prune first`);
}

/** The weight whose dot is under the pointer, or null. */
export function nearestWeight(session, u, v) {
  if (!placed || session.step < 0) return null;
  const [first, second] = kernels(session);
  let [nearest, least] = [null, 12 ** 2];
  for (let weight = 0; weight < first.length; weight++) {
    const [x, y] = placed(first[weight], second[weight]);
    const squared = (x - u) ** 2 + (y - v) ** 2;
    if (squared < least) [nearest, least] = [weight, squared];
  }
  return nearest;
}

/** What moved one weight, step by step. */
export function drawTrace(session, weight) {
  const { traced, settings, step } = session;
  if (weight === null) {
    find("#moved").textContent = "A weight is picked after 25 steps.";
    return;
  }
  const lines = STYLES.map((style) => {
    const moved = displacementOf(traced[style.colour].slice(0, step + 1), weight);
    return { ...style, points: moved.map((value, at) => [at, value]) };
  });
  const until = Math.min(step, TRACED);
  const seen = gradientsOf(traced.prune_first.slice(0, until + 1), weight);
  const answer = answerToFirst(seen, settings.rate).map((moved, index) => [index + 1, moved]);
  const predicted = {
    colour: "predicted",
    name: "answer to the first gradient alone",
    dash: [2, 3],
  };
  lines.push({ ...predicted, wide: 1.5, points: [[0, 0], ...answer] });
  const shift = ANSWER * settings.rate;
  const furthest = Math.max(...lines.flatMap(({ points }) => points.map(([, v]) => Math.abs(v))));
  const range = 1.2 * Math.max(shift, furthest);
  const left = [-shift, 0, shift].map((value) => [value, inShort(value)]);
  const bottom = [0, 20, 40, 60].map((value) => [value, String(value)]);
  chart(find("#trace"), { x: [0, TRACED], y: [-range, range], left, bottom }, lines);
  keys(find("#trace"), lines);
  const [a, b] = Object.keys(NAMES).map((name) => seenBy(traced[name].slice(0, until + 1), weight));
  find("#moved").textContent =
    `Weight ${weight + 1}, over its first ${until} steps: how far it moved. Steps with a gradient: ` +
    `${a} in train first, ${b} in prune first.`;
  label(find("#trace"), find("#moved").textContent);
}
