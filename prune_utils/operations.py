"""Multiplications and additions of the products and convolutions in what JAX has traced, and
products that show at which rate a machine does them.
"""

import math

import jax
import jax.numpy as jnp

# Size and number of the matrix products that stand for the machine's rate.
PRODUCT, PRODUCTS = 1024, 30


def operations_in(jaxpr):
    """Those of a jaxpr. Of a branch the cheapest case counts, and of a loop whose length is
    computed one round.
    """
    return sum(
        operations_of(eqn, [getattr(v.aval, "shape", ()) for v in (*eqn.invars, *eqn.outvars)])
        for eqn in jaxpr.eqns
    )


def operations_of(eqn, shapes):
    """Those of one equation on operands and results of these shapes."""
    if eqn.primitive.name == "dot_general":
        (contracted, _), _ = eqn.params["dimension_numbers"]
        return 2 * math.prod(shapes[-1]) * math.prod(shapes[0][place] for place in contracted)
    if eqn.primitive.name == "conv_general_dilated":
        kernel, output = shapes[1], eqn.params["dimension_numbers"].rhs_spec[0]
        return 2 * math.prod(shapes[-1]) * math.prod(kernel) // kernel[output]
    if eqn.primitive.name == "cond":
        return min(operations_in(branch.jaxpr) for branch in eqn.params["branches"])
    inner = [getattr(value, "jaxpr", value) for value in eqn.params.values()]
    inside = sum(operations_in(jaxpr) for jaxpr in inner if hasattr(jaxpr, "eqns"))
    return inside * eqn.params.get("length", 1)


def multiply(key):
    """`PRODUCTS` float32 products of square matrices, one after the other."""
    matrix = jax.random.normal(key, (PRODUCT, PRODUCT)) / PRODUCT**0.5
    return jax.lax.fori_loop(
        0, PRODUCTS, lambda _, product: product @ matrix, jnp.eye(PRODUCT)
    ).sum()
