// The page: controls in, pictures out.

import { find } from "./draw.js";
import { drawCharts, drawKernels, drawTrace, nearestWeight } from "./measures.js";
import { drawNetworks, percent } from "./networks.js";
import { Session } from "./session.js";
import { readAddress, SETTINGS, STEPS, writeAddress } from "./settings.js";
import { STORIES, storyOf } from "./stories.js";
import { loneWeight } from "./trace.js";

const controls = find("#controls").elements;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let settings = null;
let weight = null; // which one is looked at; null until one is picked
const session = new Session(changed);
globalThis.session = session; // for the console, and for tests

function changed(session, what) {
  if (what === "playing") find("#play").textContent = session.playing ? "Pause" : "Play";
  if (what === "playing") return;
  const { step } = session;
  find("#progress").value = session.keep
    ? Math.max(step, 0)
    : Math.max(session.done.train_first, 0);
  find("#where").textContent = step < 0 ? "choosing units …" : `step ${step} of ${STEPS}`;
  find("#play").disabled = find("#step").disabled = step === STEPS;
  if (what === "step" && weight === null && step >= 25) look(loneWeight(session.traced, 25));
  drawNetworks(session, what);
  if (what === "picture") {
    drawCharts(session);
    drawWeights();
    summarise();
  }
}

function drawWeights() {
  drawKernels(session, weight);
  drawTrace(session, weight);
}

function summarise() {
  const picture = session.pictures.at(-1);
  const done = picture.step === STEPS && !session.playing;
  if (!done || picture.strangers === null) return;
  const { train_first, prune_first } = picture.seen;
  find("#summary").textContent =
    `After ${STEPS} steps, of 2000 fresh points, train first is right on ` +
    `${percent(train_first.accuracy)} and prune first on ${percent(prune_first.accuracy)}. On the map they ` +
    `differ on ${percent(picture.distance)}, strangers on ${percent(picture.strangers)}.`;
}

function look(at) {
  weight = at;
  const slider = find("#weight");
  slider.max = session.networks.prune_first[1].kernel.length - 1;
  slider.value = at;
  find('output[for="weight"]').textContent = `${Number(at) + 1} of ${Number(slider.max) + 1}`;
}

/** Begins anew with other settings, and plays. */
function restart(next, play = true) {
  settings = next;
  weight = null;
  find("#summary").textContent = "";
  history.replaceState(null, "", writeAddress(settings));
  for (const name of Object.keys(SETTINGS)) controls[name].value = settings[name];
  for (const name of ["keep", "at"]) find(`output[for="${name}"]`).textContent = settings[name];
  tell(storyOf(settings));
  session.start(settings);
  session.play(play);
}

function tell(story) {
  for (const [index, button] of [...find("#stories").children].entries()) {
    button.setAttribute("aria-pressed", String(STORIES[index] === story));
  }
  const paragraphs = story?.text ?? ["These are settings of your own. Or begin with a story:"];
  find("#story").replaceChildren(
    ...paragraphs.map((text) => Object.assign(document.createElement("p"), { textContent: text })),
  );
  if (!story) return;
  const attempt = document.createElement("p");
  attempt.className = "try";
  attempt.textContent = `Now try: ${story.attempt}`;
  find("#story").append(attempt);
}

function notify(text) {
  find("#notice").textContent = text;
  find("#notice").hidden = !text;
}

function fromAddress() {
  const { settings: read, rejected } = readAddress(location.hash);
  const named = rejected.join(", ");
  notify(named && `The address has something that is no setting (${named}). It was left out.`);
  restart(read, !calm.matches);
}

function setSpeed(speed) {
  find("#speed").value = speed;
  session.speed = Number(speed);
}

for (const story of STORIES) {
  const button = Object.assign(document.createElement("button"), { type: "button" });
  button.textContent = story.name;
  button.addEventListener("click", () => {
    notify("");
    setSpeed(story.slow ? "10" : "400");
    restart({ ...readAddress("").settings, ...story.set, seed: settings.seed });
  });
  find("#stories").append(button);
}
for (const rate of [0.001, 0.003, 0.01, 0.03, 0.1, 0.3]) {
  controls.rate.append(new Option(rate, rate));
}
find("#controls").addEventListener("submit", (event) => event.preventDefault());
find("#controls").addEventListener("input", ({ target }) => {
  const value = SETTINGS[target.name].read(target.value);
  notify(value === undefined ? `${target.name}: a whole number from 0 to 4294967295.` : "");
  if (value !== undefined) restart({ ...settings, [target.name]: value });
});
find("#play").addEventListener("click", () => session.play(!session.playing));
find("#step").addEventListener("click", () => {
  session.play(false);
  session.show(session.aim + 1);
});
find("#restart").addEventListener("click", () => restart(settings, session.playing));
find("#speed").addEventListener("input", ({ target }) => setSpeed(target.value));
find("#weight").addEventListener("input", ({ target }) => {
  look(Number(target.value));
  drawWeights();
});
find("#kernels").addEventListener("pointermove", pointAt);
find("#kernels").addEventListener("pointerdown", pointAt);
function pointAt({ offsetX, offsetY }) {
  const near = nearestWeight(session, offsetX, offsetY);
  if (near === null) return;
  look(near);
  drawWeights();
}
addEventListener("hashchange", fromAddress);
addEventListener("resize", redraw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
function redraw() {
  if (session.pictures.length) changed(session, "picture");
}
fromAddress();
