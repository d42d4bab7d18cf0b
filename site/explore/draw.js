// Pictures on canvases: axes with lines and dots, decision maps, and the units.

import { EXTENT, SIDE, TILE } from "./settings.js";

export const find = (selector) => document.querySelector(selector);

const colour = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** A canvas as sharp as the screen, cleared; lengths are in CSS pixels. */
function fresh(canvas) {
  const [width, height, ratio] = [canvas.clientWidth, canvas.clientHeight, devicePixelRatio || 1];
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  return { pen, width, height };
}

/** Axes; `left` and `bottom` are lists of [value, label]. Gives a function from values to pixels. */
function axes(canvas, { x, y, left, bottom }) {
  const { pen, width, height } = fresh(canvas);
  const [from, to, top, floor] = [46, width - 10, 10, height - 24];
  const place = (u, v) => [
    from + ((u - x[0]) / (x[1] - x[0])) * (to - from),
    floor - ((v - y[0]) / (y[1] - y[0])) * (floor - top),
  ];
  pen.fillStyle = colour("quiet");
  pen.strokeStyle = colour("line");
  pen.lineWidth = 1;
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  for (const [value, label] of left) {
    const [, v] = place(x[0], value);
    pen.fillText(label, from - 6, v);
    rule(pen, from, v, to, v);
  }
  pen.textBaseline = "top";
  pen.textAlign = "center";
  for (const [value, label] of bottom) {
    const [u] = place(value, y[0]);
    pen.fillText(label, Math.min(u, to - 8), floor + 6);
    rule(pen, u, top, u, floor);
  }
  return { pen, place, box: [from, top, to - from, floor - top] };
}

function rule(pen, ...ends) {
  pen.beginPath();
  pen.moveTo(ends[0], ends[1]);
  pen.lineTo(ends[2], ends[3]);
  pen.stroke();
}

/**
 * Lines over axes.
 * @param lines [{ points: [[x, y], …], colour: a variable's name, dash: lengths, wide }]
 */
export function chart(canvas, scales, lines) {
  const { pen, place, box } = axes(canvas, scales);
  pen.save();
  pen.beginPath();
  pen.rect(box[0], box[1] - 2, box[2] + 2, box[3] + 4);
  pen.clip();
  for (const { points, colour: name, dash = [], wide = 2 } of lines) {
    pen.strokeStyle = colour(name);
    pen.lineWidth = wide;
    pen.setLineDash(dash);
    pen.beginPath();
    points.forEach(([u, v], index) => pen[index ? "lineTo" : "moveTo"](...place(u, v)));
    pen.stroke();
  }
  pen.restore();
}

/** Dots over axes, and a ring around one of them; gives the function from values to pixels. */
export function scatter(canvas, scales, first, second, chosen) {
  const { pen, place, box } = axes(canvas, scales);
  pen.save();
  pen.beginPath();
  pen.rect(...box);
  pen.clip();
  pen.strokeStyle = colour("line");
  pen.setLineDash([4, 4]);
  rule(pen, ...place(scales.x[0], scales.x[0]), ...place(scales.x[1], scales.x[1]));
  pen.setLineDash([]);
  pen.fillStyle = colour("ink");
  pen.globalAlpha = 0.7;
  for (let weight = 0; weight < first.length; weight++) {
    const [u, v] = place(first[weight], second[weight]);
    pen.fillRect(u - 0.9, v - 0.9, 1.8, 1.8);
  }
  pen.globalAlpha = 1;
  if (chosen !== null) {
    pen.strokeStyle = colour("mark");
    pen.lineWidth = 2.5;
    pen.beginPath();
    pen.arc(...place(first[chosen], second[chosen]), 6, 0, 2 * Math.PI);
    pen.stroke();
  }
  pen.restore();
  return place;
}

// The colours of the classes (cividis), which differ in lightness, too.
const STOPS = [
  [0, 34, 78],
  [124, 123, 120],
  [254, 232, 56],
];

function shade(probability) {
  const at = 2 * probability;
  const low = at < 1 ? 0 : 1;
  return STOPS[low].map((value, part) => value + (at - low) * (STOPS[low + 1][part] - value));
}

function picture(width, height, colourOf) {
  const image = new ImageData(width, height);
  for (let place = 0; place < width * height; place++) {
    const parts = colourOf(place);
    for (let part = 0; part < 3; part++) image.data[4 * place + part] = parts[part];
    image.data[4 * place + 3] = 255;
  }
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

const SHADES = Array.from({ length: 256 }, (_, level) => shade(level / 255));

/** A decision map: the probability of class 1 over the plane, with the data. */
export function decisionMap(canvas, map, { x, y }) {
  const { pen, width } = fresh(canvas);
  const image = picture(SIDE, SIDE, (place) => SHADES[Math.round(255 * map[place])]);
  pen.drawImage(image, 0, 0, width, width);
  for (let point = 0; point < y.length; point++) {
    const u = ((x[2 * point] + EXTENT) / (2 * EXTENT)) * width;
    const v = ((EXTENT - x[2 * point + 1]) / (2 * EXTENT)) * width;
    pen.beginPath();
    if (y[point] === 0) pen.arc(u, v, 2.6, 0, 2 * Math.PI);
    else triangle(pen, u, v, 3.4);
    pen.fillStyle = y[point] === 0 ? "#fff" : "#000";
    pen.strokeStyle = y[point] === 0 ? "#000" : "#fff";
    pen.lineWidth = 0.8;
    pen.fill();
    pen.stroke();
  }
}

function triangle(pen, u, v, size) {
  pen.moveTo(u, v - size);
  pen.lineTo(u + size, v + size * 0.8);
  pen.lineTo(u - size, v + size * 0.8);
  pen.closePath();
}

/**
 * The units of a layer, ten in a row: what each puts out over the plane.
 * @param cells for each place { from, unit, struck }: whose maps to show (null: none), which of them, and
 *   whether the unit is taken out
 */
export function unitGrid(canvas, cells) {
  const { pen, width } = fresh(canvas);
  const cell = width / 10;
  const size = cell - 2;
  const sources = new Set(cells.map(({ from }) => from).filter(Boolean));
  const images = new Map(
    [...sources].map((from) => [
      from,
      picture(TILE, from.tiles.length / TILE, (place) => SHADES[from.tiles[place]]),
    ]),
  );
  cells.forEach(({ from, unit, struck }, place) => {
    const [u, v] = [(place % 10) * cell + 1, Math.floor(place / 10) * cell + 1];
    pen.fillStyle = colour("dead");
    if (from?.dead[unit]) pen.fillRect(u, v, size, size);
    if (from && !from.dead[unit]) {
      pen.drawImage(images.get(from), 0, unit * TILE, TILE, TILE, u, v, size, size);
    }
    if (!struck) return;
    pen.strokeStyle = colour("struck");
    pen.lineWidth = 2;
    rule(pen, u + 2, v + 2, u + size - 2, v + size - 2);
    rule(pen, u + 2, v + size - 2, u + size - 2, v + 2);
  });
}
