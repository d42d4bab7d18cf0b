// The explorable computes what `prune_utils` does. GOLDEN names the file that golden.py wrote.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";

import { hiddenActivations, keepHighest, unitScores } from "../explore/criteria.js";
import { Trainee } from "../explore/network.js";
import { Pass } from "../explore/pass.js";
import { prune, sliceUnits } from "../explore/pruning.js";
import { PruneFirst, TrainFirst } from "../explore/orders.js";
import { Film } from "../explore/film.js";
import { key } from "../explore/random.js";
import { FEATURES } from "../explore/settings.js";
import { drawSeed } from "../explore/spirals.js";
import { answerToFirst } from "../explore/trace.js";

function unpack(text, Type) {
  const bytes = Buffer.from(text, "base64");
  return new Type(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function furthest(found, wanted) {
  assert.equal(found.length, wanted.length);
  return found.reduce((most, value, place) => Math.max(most, Math.abs(value - wanted[place])), 0);
}

const relative = (found, wanted) =>
  furthest(found, wanted) / wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

const trainedLayers = (packed) =>
  packed.map(({ kernel, bias }) => {
    const [weights, biases] = [unpack(kernel, Float64Array), unpack(bias, Float64Array)];
    const width = biases.length;
    return { inputs: weights.length / width, width, kernel: weights, bias: biases };
  });

const { seeds, impulses } = JSON.parse(readFileSync(process.env.GOLDEN, "utf8"));

test("Adam's answer to one gradient", () => {
  for (const [first, text] of Object.entries(impulses)) {
    const gradients = Array.from({ length: 60 }, (_, index) => (index >= first - 1 ? -0.3 : 0));
    const moved = answerToFirst(gradients, 0.1).map((value) => value / 0.1);
    const wanted = unpack(text, Float64Array);
    // A gradient of 0.3 in place of 1, against Adam's ε of 1e-8.
    assert.ok(furthest(moved, wanted.map(Math.abs)) < 1e-5);
  }
});

test("a film gives back what was recorded, whole or pruned", () => {
  const { init } = drawSeed(key(0), FEATURES);
  const small = sliceUnits(init, [Int32Array.of(1, 5), Int32Array.of(0, 2, 99)]);
  const film = new Film();
  film.record(3, init);
  film.record(4, small);
  for (const [step, layers] of [
    [3, init],
    [4, small],
  ]) {
    film.layersAt(step).forEach(({ inputs, width, kernel, bias }, index) => {
      const wanted = layers[index];
      assert.deepEqual([inputs, width], [wanted.inputs, wanted.width]);
      assert.deepEqual(
        [kernel, bias],
        [wanted.kernel, wanted.bias].map((a) => Float32Array.from(a)),
      );
    });
  }
});

for (const golden of seeds) {
  const drawn = drawSeed(key(golden.seed), FEATURES);

  describe(`seed ${golden.seed}`, () => {
    for (const start of ["init", "stranger"]) {
      test(`the weights of ${start} are the same to the bit`, () => {
        drawn[start].forEach((layer, index) => {
          const wanted = unpack(golden[start][index].kernel, Float32Array);
          assert.deepEqual(layer.kernel, wanted);
        });
      });
    }

    test("random scores are the same to the bit", () => {
      const hidden = [{ width: 100 }, { width: 100 }];
      const scores = unitScores("random", drawn.init, hidden, drawn.scoreKey);
      scores.forEach((score, layer) =>
        assert.deepEqual(score, unpack(golden.random[layer], Float32Array)),
      );
    });

    test("points are the same but for the last places of single precision", () => {
      assert.ok(furthest(drawn.data.x, unpack(golden.x, Float32Array)) < 1e-6);
      assert.ok(furthest(drawn.test.x, unpack(golden.test, Float32Array)) < 1e-6);
    });

    // From here on with JAX's points, because training amplifies differences.
    const data = { ...drawn.data, x: unpack(golden.x, Float32Array) };

    for (const [activation, text] of Object.entries(golden.activated)) {
      test(`training with ${activation}`, () => {
        const trainee = new Trainee(drawn.init, data, activation);
        const losses = Array.from({ length: 20 }, () => trainee.step(0.01));
        assert.ok(furthest(losses, unpack(text, Float64Array)) < 1e-9);
      });
    }

    test("both orders, with training before and after pruning", () => {
      const settings = { rate: 0.01, keep: 12, criterion: "std", compensation: "mean", at: 20 };
      settings.activation = "relu";
      const start = { ...drawn, data };
      const keep = golden.ordered.keep.map((text) => unpack(text, Int32Array));
      const orders = {
        train_first: new TrainFirst(start, settings),
        prune_first: new PruneFirst(start, settings, keep),
      };
      for (const [name, order] of Object.entries(orders)) {
        const losses = Array.from({ length: 40 }, () => order.advance());
        assert.ok(furthest(losses, unpack(golden.ordered[name], Float64Array)) < 1e-9, name);
        assert.deepEqual(order.keep, keep);
      }
    });

    for (const { rate, ...wanted } of golden.trained) {
      describe(`learning rate ${rate}`, () => {
        test("the losses of the first hundred steps", () => {
          const trainee = new Trainee(drawn.init, data, "relu");
          const losses = Array.from({ length: 100 }, () => trainee.step(rate));
          assert.ok(furthest(losses, unpack(wanted.loss, Float64Array)) < 1e-9);
        });

        const layers = trainedLayers(wanted.layers);
        const hidden = hiddenActivations(layers, data, "relu");
        const keep = wanted.keep.map((text) => unpack(text, Int32Array));

        test("the standard deviations", () => {
          const scores = unitScores("std", layers, hidden);
          scores.forEach((score, layer) =>
            assert.ok(relative(score, unpack(wanted.scores.std[layer], Float64Array)) < 1e-12),
          );
          assert.deepEqual(keepHighest(scores, keep[0].length), keep);
        });

        test("when each unit goes, if the rest makes up for it", () => {
          unitScores("unexplained", layers, hidden).forEach((score, layer) =>
            assert.deepEqual(
              [...score],
              [...unpack(wanted.scores.unexplained[layer], Float64Array)],
            ),
          );
        });

        for (const [compensation, text] of Object.entries(wanted.outputs)) {
          test(`what the pruned network puts out, compensation ${compensation}`, () => {
            const small = prune(layers, keep, data, "relu", compensation);
            const pass = new Pass(
              small.map((layer) => layer.width),
              data.points,
            );
            const outputs = pass.forward(small, data.x, "relu");
            const apart = relative(outputs, unpack(text, Float64Array));
            assert.ok(apart < 1e-8, `${apart}`);
          });
        }
      });
    }
  });
}
