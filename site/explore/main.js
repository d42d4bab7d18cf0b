// The page: controls in, pictures out.

import { find } from "./draw.js";
import { drawCharts, drawKernels, drawTrace, nearestWeight } from "./measures.js";
import { drawNetworks, percent } from "./networks.js";
import { Session } from "./session.js";
import { FASTEST, RATES, readAddress, SETTINGS, STEPS, writeAddress } from "./settings.js";
import { settingsOf, STORIES, storyOf } from "./stories.js";
import { loneWeight } from "./trace.js";

const controls = find("#controls").elements;
let settings = null;
let weight = null; // which one is looked at; null until one is picked
let pinned = false; // whether it was clicked on
let told = null; // the last story
const session = new Session(changed);
globalThis.session = session; // for the console, and for tests

function changed(session, what) {
  const { step } = session;
  const idle = step === STEPS ? "Play again" : "Play";
  if (what === "playing") find("#play").textContent = session.playing ? "Pause" : idle;
  if (what === "playing") return;
  find("#progress").value = session.keep
    ? Math.max(step, 0)
    : Math.max(session.done.train_first, 0);
  find("#where").textContent = step < 0 ? "choosing units …" : `step ${step} of ${STEPS}`;
  find("#step").disabled = step === STEPS;
  find("#weight").disabled = step < 0;
  if (what === "step" && weight === null && step >= 25) look(loneWeight(session.traced, 25));
  find("#results").classList.toggle("waiting", step < 0);
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
  const { step, seen, distance, strangers } = session.picture;
  if (step < STEPS) return;
  const [first, second] = Object.values(seen).map(({ accuracy }) => percent(accuracy));
  const beside = strangers === null ? "" : `, strangers on ${percent(strangers)}`;
  find("#summary").textContent =
    `After ${STEPS} steps: train first is right on ${first} of unseen points, prune first on ${second}. ` +
    `They differ on ${percent(distance)} of the map${beside}.`;
}

function look(at) {
  weight = at;
  const slider = find("#weight");
  slider.max = session.networks.prune_first[1].kernel.length - 1;
  slider.value = at;
  find('output[for="weight"]').textContent = `${Number(at) + 1} of ${Number(slider.max) + 1}`;
}

/** Begins anew with other settings; goes on playing, and plays again after the end. */
function restart(next, play = session.playing || session.step === STEPS) {
  settings = next;
  weight = null;
  pinned = false;
  find("#summary").textContent = "";
  history.replaceState(null, "", writeAddress(settings));
  for (const name of Object.keys(SETTINGS)) controls[name].value = settings[name];
  for (const name of ["keep", "at"]) find(`output[for="${name}"]`).textContent = settings[name];
  tell(storyOf(settings));
  session.start(settings);
  session.play(play);
}

/** The story with these settings; where there is none, the last one stays, to be gone on with. */
function tell(story) {
  for (const [index, button] of [...find("#stories").children].entries()) {
    button.setAttribute("aria-pressed", String(STORIES[index] === story));
  }
  told = story ?? told;
  if (!told) return;
  const paragraphs = [...told.text, `Now try: ${told.attempt}`].map((text) =>
    Object.assign(document.createElement("p"), { textContent: text }),
  );
  paragraphs.at(-1).className = "try";
  find("#story").replaceChildren(...paragraphs);
  find("#changed").hidden = Boolean(story);
}

function notify(text) {
  find("#notice").textContent = text;
  find("#notice").hidden = !text;
}

function fromAddress() {
  const { settings: read, rejected } = readAddress(location.hash);
  const named = rejected.join(", ");
  notify(named && `The address has something that is no setting (${named}). It was left out.`);
  restart(read, !session.calm.matches);
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
    setSpeed(story.slow ? 10 : FASTEST);
    restart(settingsOf(story, settings.seed), !session.calm.matches);
  });
  find("#stories").append(button);
}
for (const rate of RATES) controls.rate.append(new Option(rate, rate));
find("#controls").addEventListener("submit", (event) => event.preventDefault());
find("#controls").addEventListener("input", ({ target }) => {
  const value = SETTINGS[target.name].read(target.value);
  notify(
    value === undefined
      ? `Please enter a whole number from 0 to 4294967295 as ${target.name}. It is still ${settings[target.name]}.`
      : "",
  );
  if (value !== undefined) restart({ ...settings, [target.name]: value });
});
find("#play").addEventListener("click", () => {
  if (session.step === STEPS) restart(settings);
  else session.play(!session.playing);
});
find("#step").addEventListener("click", () => {
  session.play(false);
  session.show(session.aim + 1);
});
find("#restart").addEventListener("click", () => restart(settings));
find(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address is for settings
  find("#results").focus();
});
find("#speed").addEventListener("input", ({ target }) => setSpeed(target.value));
find("#weight").addEventListener("input", ({ target }) => {
  look(Number(target.value));
  drawWeights();
});
find("#kernels").addEventListener("pointermove", (event) => pinned || pointAt(event));
find("#kernels").addEventListener("pointerdown", (event) => (pinned = pointAt(event)));

/** Looks at the weight that is near; says whether there is one. */
function pointAt({ offsetX, offsetY }) {
  const near = nearestWeight(session, offsetX, offsetY);
  if (near === null) return false;
  look(near);
  drawWeights();
  return true;
}
addEventListener("hashchange", fromAddress);
addEventListener("resize", redraw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
function redraw() {
  if (session.picture) changed(session, "picture");
}
fromAddress();
