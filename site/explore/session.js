// One run after another: tells the threads what to train, plays what they have done, both orders in
// step, and collects what there is to be seen.

import { FASTEST, STEPS } from "./settings.js";

const ORDERS = ["train_first", "prune_first"];
const ALL = [...ORDERS, "stranger"];
const TICK = 40; // milliseconds between two looks at what can be shown
const PAUSE = 120; // milliseconds at least between two pictures
// With few cores the stranger, who is only compared with, waits until the orders are trained.
const EARLY = navigator.hardwareConcurrency > 2;

function startThread(name, answer) {
  const text = document.getElementById(name).textContent;
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const worker = new Worker(address);
  URL.revokeObjectURL(address);
  worker.onmessage = ({ data }) => answer(data);
  return worker;
}

/**
 * Two orders, and the stranger's pruned network beside them. They are trained ahead of what is shown.
 *
 * Calls `changed(session, what)` with what is new: "progress", "step", "picture", "playing".
 * For readers: `settings`; `keep`, null until known; `step`, the one shown, or -1, and `aim`, the one to
 * be shown; `done`, the steps trained, by order; `networks`, layers by order; `change`, the layers right
 * before and after pruning; `losses` and `traced`, by order; `picture`, the newest, or null; `curve`,
 * pairs of step and accuracy by order; `playing`.
 */
export class Session {
  constructor(changed) {
    this.changed = changed;
    this.run = 0;
    this.speed = FASTEST;
    this.playing = false;
    this.took = 0;
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    const told = (name) => (message) => {
      if (message.run === this.run) this.#hear(name, message);
    };
    this.threads = Object.fromEntries(
      ALL.map((name) => [name, startThread("trainer", told(name))]),
    );
    this.painter = startThread("painter", (message) => this.#painted(message));
    setInterval(() => this.#tick(), TICK);
  }

  /** Begins anew with these settings. */
  start(settings) {
    this.run += 1;
    const byOrder = (value) => Object.fromEntries(ALL.map((name) => [name, value()]));
    Object.assign(this, {
      settings,
      keep: null,
      change: null,
      step: -1,
      aim: -1,
      position: 0,
      networks: {},
      picture: null,
      curve: { train_first: [], prune_first: [] },
      showing: null,
      due: false,
      shown: 0,
    });
    this.done = byOrder(() => -1);
    this.losses = byOrder(() => []);
    this.traced = byOrder(() => []);
    this.#begin("train_first");
    this.changed(this, "progress");
  }

  play(playing) {
    this.playing = playing;
    this.since = performance.now();
    this.changed(this, "playing");
  }

  /** Shows this step, or the last before it that both orders have done. */
  show(step) {
    const to = Math.min(step, STEPS, ...ORDERS.map((name) => this.done[name]));
    if (to < 0) return;
    this.aim = to;
    // While one is on its way, only the newest of the later ones counts.
    if (this.showing) this.showing.next = to;
    else this.#fetch(to);
  }

  #fetch(step) {
    const names = ALL.filter((name) => this.done[name] >= step);
    this.showing = { step, wanted: names.length, frames: {}, next: null };
    for (const name of names) this.#tell(name, "show", { step });
  }

  #tell(name, task, rest) {
    this.threads[name].postMessage({ task, run: this.run, ...rest });
  }

  #hear(name, message) {
    if (message.kind === "kept") this.#kept(name, message);
    if (message.kind === "moved") this.#moved(name, message);
    if (message.kind === "frame") this.#framed(name, message);
  }

  #tick() {
    const now = performance.now();
    if (this.playing && !this.showing) {
      const ready = Math.min(...ORDERS.map((name) => this.done[name]));
      this.position = Math.min(
        this.position + (this.speed * (now - this.since)) / 1000,
        ready,
        STEPS,
      );
      if (this.step === STEPS) this.play(false);
      else if (Math.floor(this.position) > this.step) this.show(Math.floor(this.position));
    }
    this.since = now;
    if (this.due) this.#paint();
  }

  #kept(name, { keep }) {
    if (name !== "train_first") return;
    this.keep = keep;
    this.#begin("prune_first");
    if (EARLY) this.#begin("stranger");
  }

  #begin(order) {
    this.#tell(order, "begin", { order, settings: this.settings, keep: this.keep });
  }

  #moved(name, { step, losses, traced, change }) {
    const before = this.done[name];
    this.done[name] = step;
    this.losses[name].push(...losses);
    this.traced[name].push(...traced);
    this.change ??= change ?? null;
    this.changed(this, "progress");
    const trained = ORDERS.every((order) => this.done[order] === STEPS);
    if (!EARLY && name !== "stranger" && trained) this.#begin("stranger");
    if (this.aim < 0) this.show(0);
    // The stranger comes behind, and is seen from then on.
    else if (name === "stranger" && before < this.aim && step >= this.aim) this.show(this.aim);
  }

  #framed(name, { layers }) {
    const { showing } = this;
    showing.frames[name] = layers;
    if (Object.keys(showing.frames).length < showing.wanted) return;
    this.networks = showing.frames;
    this.step = showing.step;
    this.position = Math.max(this.position, this.step);
    this.showing = null;
    this.changed(this, "step");
    this.#paint();
    if (showing.next !== null) this.#fetch(showing.next);
  }

  #paint() {
    this.due = true;
    const moving = this.playing && this.step < STEPS;
    // A painter who is slow paints less often.
    const wait = moving ? Math.max(this.calm.matches ? 1000 : PAUSE, 2 * this.took) : 0;
    if (this.painting || performance.now() - this.shown < wait) return;
    this.due = false;
    this.painting = true;
    this.shown = this.began = performance.now();
    const { run, settings, networks, step } = this;
    const change = step >= settings.at ? this.change : null;
    this.painter.postMessage({ run, settings, networks, step, change });
  }

  #painted(picture) {
    this.painting = false;
    this.took = performance.now() - this.began;
    if (picture.run !== this.run) return;
    const { step, seen, change } = picture;
    // Of older pictures only the accuracies stay; where pruning is passed, right before and after.
    if (change && !this.picture?.change) {
      const { before, after } = change;
      for (const { accuracy } of [before, after]) {
        this.curve.train_first.push([this.settings.at, accuracy]);
      }
    }
    for (const name of ORDERS) this.curve[name].push([step, seen[name].accuracy]);
    this.picture = picture;
    this.changed(this, "picture");
  }
}
