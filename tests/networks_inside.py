"""The rest of the zoo: what JAX allows inside a function, and other libraries' modules."""

import equinox as eqx
import haiku as hk
import jax
import jax.numpy as jnp
from flax import linen as nn, nnx
from networks import compact, image, network, normal, randomised


def chain(first, act, widths=(3, 8, 6, 2)):
    """A chain of kernels; `first` multiplies by the first one, `act` follows all but the last."""
    params = {f"w{i}": normal(i, a, b) for i, (a, b) in enumerate(zip(widths, widths[1:]))}
    params["b"] = normal(9, widths[1])

    def apply(params, x):
        h = act(first(x, params["w0"]) + params["b"][None, :])
        return act(h @ params["w1"]) @ params["w2"]

    return apply, params, normal(1, 5, 3)


@network({"w0": 8, "w1": 6})
def nested_jit():
    act = jax.jit(lambda h: jax.jit(jax.nn.silu)(h))
    return chain(jax.jit(jnp.matmul), act)


@network({"w0": 8, "w1": 6})
def checkpointed():
    apply, params, x = chain(jnp.matmul, jax.checkpoint(jax.nn.relu))
    return jax.checkpoint(apply), params, x


@network({"w0": 8, "w1": 6})
def custom_jvp():
    @jax.custom_jvp
    def act(h):
        return jnp.where(h > 0, h, 0.1 * h)

    @act.defjvp
    def rule(primals, tangents):
        return act(*primals), tangents[0] * jnp.where(primals[0] >= 0, 0.7, 0.2)

    return chain(jnp.matmul, act)


@network({"w0": 8, "w1": 6})
def custom_vjp():
    @jax.custom_vjp
    def act(h):
        return jnp.abs(h)

    act.defvjp(lambda h: (act(h), h), lambda h, g: (jnp.clip(g * h, -1.0, 1.0),))
    return chain(jnp.matmul, act)


@network({"w1": 6}, {"w1[0]": "within custom_vjp_call"})
def custom_vjp_around_a_product():
    @jax.custom_vjp
    def product(x, w):
        return x @ w

    product.defvjp(lambda x, w: (x @ w, (x, w)), lambda k, g: (g @ k[1].T, 2 * (k[0].T @ g)))
    apply, params, x = chain(product, jax.nn.relu)

    def again(params, x):
        h = jax.nn.relu(x @ params["w0"] + params["b"][None, :])
        return jax.nn.relu(product(h, params["w1"])) @ params["w2"]

    return again, params, x


@network({"w0": 8}, {"w2[0]": "reduce_sum"})
def custom_derivative_that_mixes():
    @jax.custom_jvp
    def act(h):
        return jnp.tanh(h)

    @act.defjvp
    def rule(primals, tangents):
        return act(*primals), tangents[0] - tangents[0].mean(axis=-1, keepdims=True)

    apply, params, x = chain(jnp.matmul, jax.nn.relu)

    def mixed(params, x):
        return act(jax.nn.relu(x @ params["w0"]) @ params["w1"]) @ params["w2"]

    return mixed, params, x


@network({"first": 5, "second": 3, "hidden": 7}, {"hidden[0]": "scan", "stack[1]": "scan"})
def scan_over_layers():
    params = {"in": normal(0, 3, 6), "stack": normal(1, 4, 6, 6), "hidden": normal(2, 6, 7)}
    params |= {"first": normal(3, 3, 5), "second": normal(4, 5, 3), "out": normal(5, 7, 2)}

    def apply(params, x):
        x = jax.nn.relu(x @ params["first"]) @ params["second"]
        h = jax.lax.scan(lambda h, w: (jax.nn.relu(h @ w), None), x @ params["in"], params["stack"])
        return jax.nn.relu(h[0] @ params["hidden"]) @ params["out"]

    return apply, params, normal(6, 5, 3)


@network({"Dense_0": 7, "Dense_3": 5}, {"params/Dense_3/kernel[0]": "scan"})
def recurrent():
    def forward(x):
        x = nn.relu(nn.Dense(7)(x))
        x = nn.RNN(nn.GRUCell(6))(nn.Dense(4)(x))
        return nn.Dense(2)(nn.relu(nn.Dense(5)(x)))

    return compact(forward, normal(1, 3, 4, 5))


@network({"again": 6})
def unrolled_recurrence():
    params = {"in": normal(0, 3, 6), "again": normal(1, 6, 6), "out": normal(2, 6, 2)}

    def apply(params, x):
        h = jnp.zeros((x.shape[0], 6))
        for step in range(3):
            h = jax.nn.relu(h @ params["again"] + x[:, step] @ params["in"])
        return h @ params["out"]

    return apply, params, normal(3, 5, 3, 3)


def touched(operation):
    apply, params, x = chain(jnp.matmul, jax.nn.relu)

    def between(params, x):
        h = operation(jax.nn.relu(x @ params["w0"] + params["b"][None, :]))
        return jax.nn.relu(h @ params["w1"]) @ params["w2"]

    return between, params, x


@network({"w1": 6}, {"w1[0]": "sort"})
def sorted_units():
    return touched(lambda h: jnp.sort(h, axis=-1))


@network({"w1": 6}, {"w1[0]": "fft"})
def fourier():
    return touched(lambda h: jnp.fft.irfft(jnp.fft.rfft(h, axis=-1), 8, axis=-1))


@network({"w1": 6}, {"w1[0]": "custom_linear_solve"})
def linear_algebra():
    matrix = jnp.eye(8) + 0.1 * normal(7, 8, 8)
    return touched(lambda h: jnp.linalg.solve(matrix, h.T).T)


@network({"w1": 6}, {"w1[0]": ""})
def shifted_units():
    return touched(lambda h: jnp.roll(h, 1, axis=-1) + jax.lax.pad(h, 0.0, ((0, 0, 0), (1, -1, 0))))


@network({"w1": 6}, {"w1[0]": "iota"})
def units_by_number():
    return touched(lambda h: h * jnp.arange(8.0)[None, :] + h[:, :1] + h.at[:, 2].set(0.0))


@network({"out": 6}, {"a[1]": "product of parameters", "w[0]": "reduce_sum"})
def low_rank_and_normalised_weights():
    params = {
        "a": normal(0, 3, 4),
        "b": normal(1, 4, 8),
        "w": normal(2, 8, 6),
        "out": normal(3, 6, 2),
    }

    def apply(params, x):
        h = jax.nn.relu(x @ (params["a"] @ params["b"]))
        w = params["w"] / jnp.linalg.norm(params["w"], axis=0, keepdims=True)
        return jax.nn.relu(h @ w) @ jnp.tanh(params["out"])

    return apply, params, normal(4, 5, 3)


@network({"Dense_2": 5, "Dense_1": 4, "Dense_4": 6, "Dense_6": 7, "Dense_7": 5})
def mixture_of_branches():
    def forward(x):
        gate = nn.softmax(nn.Dense(3)(x))
        experts = [nn.Dense(4)(nn.relu(nn.Dense(width)(x))) for width in (5, 6, 7)]
        mixed = sum(gate[:, i : i + 1] * expert for i, expert in enumerate(experts))
        left, right = jnp.split(nn.Dense(10)(mixed), 2, axis=-1)
        return nn.Dense(2)(left * nn.sigmoid(right))

    return compact(forward, normal(1, 5, 3))


@network({"in": 4, "heads": 5}, {"in[1]": "reduce_max", "heads[0]": "reduce_sum"})
def maxout_and_vmap():
    params = {"in": normal(0, 3, 12), "heads": normal(1, 3, 4, 5), "out": normal(2, 5, 2)}

    def apply(params, x):
        h = (x @ params["in"]).reshape(x.shape[0], 4, 3).max(axis=-1)
        heads = jax.vmap(lambda w: jax.nn.relu(h @ w))(params["heads"])
        return heads.sum(axis=0) @ params["out"]

    return apply, params, normal(3, 5, 3)


@network({"conv/kernel": 4, "hidden/kernel": 6})
def nnx_cnn():
    class Model(nnx.Module):
        def __init__(self, rngs):
            self.conv = nnx.Conv(3, 4, (3, 3), rngs=rngs)
            self.norm = nnx.BatchNorm(4, use_running_average=True, rngs=rngs)
            self.hidden = nnx.Linear(4, 6, rngs=rngs)
            self.out = nnx.Linear(6, 2, rngs=rngs)

        def __call__(self, x):
            x = nnx.relu(self.norm(self.conv(x))).mean(axis=(1, 2))
            return self.out(nnx.relu(self.hidden(x)))

    graph, state = nnx.split(Model(nnx.Rngs(0)))
    return lambda state, x: nnx.merge(graph, state)(x), randomised(state), image()


@network({"layers/0": 4, "layers/4": 6})
def equinox_cnn():
    keys = jax.random.split(jax.random.key(0), 3)
    layers = [eqx.nn.Conv2d(3, 4, 3, key=keys[0]), eqx.nn.Lambda(jax.nn.relu)]
    layers += [eqx.nn.MaxPool2d(2, 2), eqx.nn.Lambda(jnp.ravel), eqx.nn.Linear(16, 6, key=keys[1])]
    layers += [eqx.nn.Lambda(jax.nn.gelu), eqx.nn.Linear(6, 2, key=keys[2])]
    params, static = eqx.partition(eqx.nn.Sequential(layers), eqx.is_array)

    def apply(params, x):
        return jax.vmap(eqx.combine(params, static))(x)

    return apply, randomised(params), normal(1, 3, 3, 6, 6)


@network({"conv2_d": 4, "mlp/~/linear_0": 6, "mlp/~/linear_1": 5})
def haiku_cnn():
    def forward(x):
        x = jax.nn.relu(hk.Conv2D(4, 3)(x))
        with jax.numpy_dtype_promotion("standard"):
            x = hk.AvgPool((2, 2, 1), (2, 2, 1), "VALID")(x)
        return hk.nets.MLP([6, 5, 2])(hk.Flatten()(x))

    model = hk.without_apply_rng(hk.transform(forward))
    return model.apply, randomised(jax.eval_shape(model.init, jax.random.key(0), image())), image()
