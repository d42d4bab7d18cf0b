"""Slicing equals masking in networks put together at random."""

import jax
import jax.numpy as jnp
import numpy as np
from conftest import assert_close, assert_identical
from hypothesis import given, settings, strategies as st
from masking import assert_slicing_is_masking, compiled, halves
from networks import normal
from planting import with_constants, with_duplicates

import prune_utils as pu

ACTIVATIONS = {
    "relu": jax.nn.relu,
    "gelu": jax.nn.gelu,
    "abs": jnp.abs,
    "maximum": lambda x: jnp.maximum(x, 0.0),
    "jit": jax.jit(jax.nn.silu),
    "checkpoint": jax.checkpoint(jax.nn.relu),
}
# What can follow, and which shapes it takes: P pictures (n, 4, 4, c), T tokens (n, t, c), V (n, c).
OPERATIONS = {
    "PTV": ["mix", "mix", "act", "skip", "skip_block", "concat", "norm", "layer_norm", "gate"]
    + ["split_gate", "transpose", "sort", "cumsum", "slice", "scan"],
    "P": ["conv", "conv", "valid", "depthwise", "grouped", "pool", "excite", "group_norm"]
    + ["tokens", "mean", "flatten"],
    "T": ["attention", "attention", "fused_attention", "mean", "flatten"],
    "V": ["heads", "pairs"],
}


class Builder:
    """Makes parameters in the first run, reads them in the next ones."""

    def __init__(self, program, kinks):
        self.program, self.kinks, self.params, self.axes, self.made = program, kinks, {}, {}, True

    def parameter(self, *shape, reads=()):
        name = f"p{self.count:02}"
        self.count += 1
        if self.made:
            scale = np.prod([shape[axis] for axis in reads]) ** -0.5 if reads else 1.0
            # in NumPy, because this runs while JAX traces
            value = np.random.default_rng(self.count).normal(size=shape) * scale
            value = value.astype(np.float32)
            self.params[name] = value * 0 if self.kinks and not reads else value
            self.axes[name] = reads
        return self.now[name] if not self.made else self.params[name]

    def __call__(self, params, x):
        self.count, self.now, older = 0, params, []
        for name, number in self.program:
            if name not in OPERATIONS["PTV"] + OPERATIONS[kind(x)]:
                continue
            x, older = getattr(self, name)(x, number, older), [*older, x]
        x = self.mix(ACTIVATIONS["relu"](x), 3, older)
        return self.mix(x.mean(axis=tuple(range(1, x.ndim - 1))), 2, older, bias=False)

    def bias(self, x, number=0):
        return x + self.parameter(*(1,) * (x.ndim - 1), x.shape[-1]) if number % 3 else x

    def mix(self, x, number, older, bias=True, width=None):
        kernel = self.parameter(x.shape[-1], width or number % 5 + 2, reads=(0,))
        return self.bias(x @ kernel, number if bias else 0)

    def act(self, x, number, older):
        return list(ACTIVATIONS.values())[number % len(ACTIVATIONS)](x)

    def skip(self, x, number, older):
        alike = [other for other in older if other.shape == x.shape]
        return x + alike[number % len(alike)] if alike else x

    def skip_block(self, x, number, older):
        h = jax.nn.relu(self.mix(x, number, older))
        return x + self.mix(h, 1, older, width=x.shape[-1])

    def concat(self, x, number, older):
        alike = [other for other in older if other.shape[:-1] == x.shape[:-1]]
        if not alike or x.shape[-1] > 12:
            return x
        return jnp.concatenate([x, jax.nn.relu(alike[number % len(alike)])], axis=-1)

    def norm(self, x, number, older):
        shape = *(1,) * (x.ndim - 1), x.shape[-1]
        return x * self.parameter(*shape) - self.parameter(*shape)

    def layer_norm(self, x, number, older):
        return self.bias(jax.nn.standardize(x, axis=-1, epsilon=0.1), number)

    def group_norm(self, x, number, older):
        if x.shape[-1] % 2:
            return x
        groups = x.reshape(*x.shape[:-1], 2, x.shape[-1] // 2)
        return jax.nn.standardize(groups, axis=(1, 2, 4), epsilon=0.1).reshape(x.shape)

    def gate(self, x, number, older):
        return x * jax.nn.sigmoid(self.mix(x, number, older, width=x.shape[-1]))

    def split_gate(self, x, number, older):
        left, right = jnp.split(self.mix(x, number, older, width=6), 2, axis=-1)
        return left * jnp.tanh(right)

    def transpose(self, x, number, older):
        return jnp.moveaxis(jnp.tanh(jnp.moveaxis(x, -1, 0)), 0, -1)

    def sort(self, x, number, older):
        return jnp.sort(x, axis=-1)

    def cumsum(self, x, number, older):
        return jnp.cumsum(x, axis=-1 if number % 2 else 0)

    def slice(self, x, number, older):
        return x[..., number % 2 :] if x.shape[-1] > 2 else x

    def scan(self, x, number, older):
        kernels = self.parameter(2, x.shape[-1], x.shape[-1], reads=(1,))
        return jax.lax.scan(lambda h, kernel: (jnp.tanh(h @ kernel), None), x, kernels)[0]

    def conv(self, x, number, older, padding="SAME", groups=1, width=None):
        width = width or number % 4 + 2
        kernel = self.parameter(2, 2, x.shape[-1] // groups, width, reads=(0, 1, 2))
        numbers = ("NHWC", "HWIO", "NHWC")
        options = {"dimension_numbers": numbers, "feature_group_count": groups}
        out = jax.lax.conv_general_dilated(x, kernel, (1, 1), padding, **options)
        return self.bias(out, number)

    def valid(self, x, number, older):
        return self.conv(x, number, older, "VALID") if x.shape[1] > 2 else x

    def depthwise(self, x, number, older):
        return self.conv(x, number, older, "SAME", x.shape[-1], x.shape[-1] * (1 + number % 2))

    def grouped(self, x, number, older):
        return x if x.shape[-1] % 2 else self.conv(x, number, older, groups=2, width=4)

    def pool(self, x, number, older):
        window = (1, 2, 2, 1)
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, (1, 1, 1, 1), "SAME")

    def excite(self, x, number, older):
        squeezed = jax.nn.relu(self.mix(x.mean(axis=(1, 2)), number, older))
        gate = self.mix(squeezed, number, older, width=x.shape[-1])
        return x * jax.nn.sigmoid(gate)[:, None, None, :]

    def tokens(self, x, number, older):
        return x.reshape(x.shape[0], -1, x.shape[-1])

    def mean(self, x, number, older):
        return x.mean(axis=tuple(range(1, x.ndim - 1)))

    def flatten(self, x, number, older):
        return x.reshape(x.shape[0], -1)

    def attention(self, x, number, older):
        q, k, v = (jnp.einsum("ntc,chd->nthd", x, self.kernel(x, number)) for _ in range(3))
        out = self.parameter(2, 3, x.shape[-1], reads=(0, 1))
        return x + jnp.einsum("nthd,hdc->ntc", attend(q, k, v), out)

    def kernel(self, x, number):
        return self.parameter(x.shape[-1], 2, 3, reads=(0,))

    def fused_attention(self, x, number, older):
        joint = self.mix(x, number, older, width=18).reshape(*x.shape[:2], 3, 2, 3)
        mixed = attend(*(joint[:, :, i] for i in range(3)))
        return x + self.mix(mixed.reshape(*x.shape[:2], 6), number, older, width=x.shape[-1])

    def heads(self, x, number, older):
        return jax.nn.relu(jnp.einsum("nc,chd->nhd", x, self.kernel(x, number)))

    def pairs(self, x, number, older):
        return (
            self.mix(x, number, older, width=6).reshape(x.shape[0], 3, 2).max(axis=number % 2 + 1)
        )


def attend(q, k, v):
    weights = jax.nn.softmax(jnp.einsum("nqhd,nkhd->nhqk", q, k))
    return jnp.einsum("nhqk,nkhd->nqhd", weights, v)


def kind(x):
    return {4: "P", 3: "T", 2: "V"}[x.ndim]


NAMES = sorted({name for names in OPERATIONS.values() for name in names})


# Their values at a place depend on that place alone, so that a constant stays one, and a copy.
PLACELESS = sorted(set(NAMES) - {"conv", "depthwise", "grouped", "cumsum"})
SHAPES = st.sampled_from([(4, 4, 3), (3, 4), (5,)])


def composed(names):
    return st.lists(st.tuples(st.sampled_from(names), st.integers(0, 11)), min_size=2, max_size=8)


def built(program, kinks, shape, seed):
    """(network, apply, params, x), or None if everything is mixed: nothing can go, and the message
    says why.
    """
    apply, x = Builder([("mix", 4), *program], kinks), normal(seed, 8, *shape)
    x = x.at[0].set(0.0) if kinks else x
    jax.eval_shape(lambda x: apply(None, x), x)
    apply.made, params = False, apply.params
    try:
        return pu.trace(apply, params, x), apply, params, x
    except ValueError as error:
        assert str(error).startswith("params: expected at least one layer")


@settings(max_examples=40)  # 200 take twelve minutes
@given(composed(NAMES), st.booleans(), SHAPES, st.integers(0, 99))
def test_slicing_is_masking_and_keeping_everything_changes_nothing(program, kinks, shape, seed):
    found = built(program, kinks, shape, seed)
    if found is None:
        return
    net, apply, params, x = found
    keep = halves(net, seed)
    assert_slicing_is_masking(net, apply, params, x, keep, lambda name, shape: apply.axes[name])
    everything = tuple(np.arange(width, dtype=np.int32) for width in net.widths)
    assert_identical(net.slice(params, everything), jax.tree.map(jnp.asarray, params))
    assert_close(compiled(net.apply)(params, x), compiled(apply)(params, x), 1e-4)
    again = tuple(np.arange(max(1, len(kept) - 1), dtype=np.int32)[::-1] for kept in keep)
    once = tuple(kept[chosen] for kept, chosen in zip(keep, again, strict=True))
    assert_identical(net.slice(net.slice(params, keep), again), net.slice(params, once))


@given(composed(PLACELESS), SHAPES, st.integers(0, 99))
def test_planted_constants_and_copies_cost_nothing(program, shape, seed):
    found = built(program, False, shape, seed)
    if found is None:
        return
    net, apply, params, x = found
    keep, axes_of = halves(net, seed), lambda name, shape: apply.axes[name]
    kernels = {name for name, reads in apply.axes.items() if reads}
    constants = with_constants(net, params, keep, axes_of, kernels)
    run, original = compiled(net.apply), compiled(apply)
    assert_close(run(net.prune(constants, keep, x, "mean"), x), original(constants, x), 1e-4)
    copies = with_duplicates(net, params, keep, axes_of)
    small = net.prune(copies, keep, x, "least_squares", ridge=1e-9)
    bare = net.slice(copies, keep)
    expected = original(copies, x)
    error, without = (np.abs(run(tree, x) - expected).max() for tree in (small, bare))
    assert error <= 0.02 * without + 1e-4 * np.abs(expected).max()
