// A matrix of activations is { values: (points, width) row by row, points, width }.

/** Each column less its mean. */
export function centred({ values, points, width }) {
  const out = new Float64Array(values.length);
  for (let unit = 0; unit < width; unit++) {
    // Less the first value before anything else, so that a constant gives exact zeros.
    let mean = 0;
    for (let p = 0; p < points; p++) mean += values[p * width + unit] - values[unit];
    mean /= points;
    for (let p = 0; p < points; p++) {
      out[p * width + unit] = values[p * width + unit] - values[unit] - mean;
    }
  }
  return { values: out, points, width };
}

/** aᵀ b of two matrices over the same points, (a.width, b.width) row by row. */
export function products(a, b) {
  const out = new Float64Array(a.width * b.width);
  for (let p = 0; p < a.points; p++) {
    for (let i = 0; i < a.width; i++) {
      const factor = a.values[p * a.width + i];
      if (factor === 0) continue;
      for (let j = 0; j < b.width; j++) out[i * b.width + j] += factor * b.values[p * b.width + j];
    }
  }
  return out;
}

/** X of A X = B, A symmetric and positive definite (size, size), B (size, columns); by Cholesky. */
export function solve(a, b, size, columns) {
  const [l, x] = [a.slice(), b.slice()];
  for (let j = 0; j < size; j++) {
    for (let i = j; i < size; i++) {
      let sum = l[i * size + j];
      for (let k = 0; k < j; k++) sum -= l[i * size + k] * l[j * size + k];
      l[i * size + j] = i === j ? Math.sqrt(sum) : sum / l[j * size + j];
    }
  }
  for (let c = 0; c < columns; c++) {
    for (let i = 0; i < size; i++) {
      let sum = x[i * columns + c];
      for (let k = 0; k < i; k++) sum -= l[i * size + k] * x[k * columns + c];
      x[i * columns + c] = sum / l[i * size + i];
    }
    for (let i = size - 1; i >= 0; i--) {
      let sum = x[i * columns + c];
      for (let k = i + 1; k < size; k++) sum -= l[k * size + i] * x[k * columns + c];
      x[i * columns + c] = sum / l[i * size + i];
    }
  }
  return x;
}

/** 0, 1, … below a number. */
export const below = (count) => [...Array(count).keys()];

/** The entries of some rows and columns of a matrix that is `width` wide. */
export function gather(values, width, rows, columns) {
  const out = new Float64Array(rows.length * columns.length);
  let place = 0;
  for (const row of rows) for (const column of columns) out[place++] = values[row * width + column];
  return out;
}

/** Some columns of activations. */
export const columnsOf = ({ values, points, width }, kept) => ({
  values: gather(values, width, below(points), kept),
  points,
  width: kept.length,
});

/** The mean of each column. */
export function meansOf({ values, points, width }) {
  const means = new Float64Array(width);
  for (let place = 0; place < values.length; place++)
    means[place % width] += values[place] / points;
  return means;
}
