"""What each primitive does to axes: one function and one line in a table for each.

A rule gets the step, the axes of its operands and the shapes of its results; it unifies and
freezes atoms and returns the axes of the results. A primitive without a rule freezes all that it
touches. `resizing` says how a primitive's own parameters follow when axes get smaller.
"""

from . import atoms
from .atoms import freeze, fresh, unify
from .contractions import convolution, dot_general, unknown
from .selection import dynamic_slice, dynamic_update_slice, gather, pad, slice_, split

# fmt: off
ELEMENTWISE = {
    "abs", "acos", "acosh", "add", "add_any", "and", "asin", "asinh", "atan", "atan2", "atanh",
    "bessel_i0e", "bessel_i1e", "cbrt", "ceil", "clamp", "clz", "conj", "convert_element_type",
    "copy", "copy_p", "cos", "cosh", "digamma", "div", "eq", "erf", "erf_inv", "erfc", "exp",
    "exp2", "expm1", "floor", "ge", "gt", "igamma", "igammac", "imag", "integer_pow",
    "is_finite", "le", "lgamma", "log", "log1p", "logistic", "lt", "max", "min", "mul", "name",
    "ne", "neg", "nextafter", "not", "or", "polygamma", "population_count", "pow", "real",
    "reduce_precision", "regularized_incomplete_beta", "rem", "round", "rsqrt", "select_n",
    "shift_left", "shift_right_arithmetic", "shift_right_logical", "sign", "sin", "sinh",
    "sqrt", "square", "stop_gradient", "sub", "tan", "tanh", "xor",
}
# fmt: on


def elementwise(step, axes, shapes):
    """Operands of one shape, but for axes of size 1 and scalars, which are broadcast."""
    (shape,) = shapes
    result = []
    for dimension, size in enumerate(shape):
        same = [operand[dimension] for operand in axes if operand]
        same = [axis for axis in same if atoms.size_of(axis) == size]
        for axis in same[1:]:
            unify(same[0], axis)
        result.append(same[0] if same else fresh(size))
    return [result]


def barrier(step, axes, shapes):
    return axes


def broadcast_in_dim(step, axes, shapes):
    (shape,), places = shapes, step.eqn.params["broadcast_dimensions"]
    result = [fresh(size) for size in shape]
    for axis, place in zip(axes[0], places, strict=True):
        if atoms.size_of(axis) == shape[place]:
            result[place] = axis
    return [result]


def reshape(step, axes, shapes):
    result = atoms.reshape(axes[0], shapes[0])
    if result is None or step.eqn.params["dimensions"] is not None:
        return unknown(step, axes, shapes)
    return [result]


def squeeze(step, axes, shapes):
    gone = step.eqn.params["dimensions"]
    return [[axis for place, axis in enumerate(axes[0]) if place not in gone]]


def transpose(step, axes, shapes):
    return [[axes[0][place] for place in step.eqn.params["permutation"]]]


def reduction(step, axes, shapes):
    gone = step.eqn.params["axes"]
    for place in gone:
        freeze(axes[0][place], step.why)
    return [[axis for place, axis in enumerate(axes[0]) if place not in gone] for _ in shapes]


def along(parameter):
    """Operations that mix entries along one dimension and leave the others."""

    def rule(step, axes, shapes):
        places = step.eqn.params[parameter]
        for place in places if isinstance(places, tuple) else (places,):
            for operand in axes:
                freeze(operand[place], step.why)
        for operand in axes[1:]:
            for a, b in zip(axes[0], operand, strict=True):
                unify(a, b)
        return [list(axes[0]) for _ in shapes]

    return rule


def bitcast(step, axes, shapes):
    same = step.eqn.invars[0].aval.dtype.itemsize == step.eqn.outvars[0].aval.dtype.itemsize
    return (elementwise if same else unknown)(step, axes, shapes)


def stack(step, axes, shapes):
    """Several arrays as one; which of them an entry comes from stays."""
    place, (alike,) = step.eqn.params["axis"], elementwise(step, axes, [shapes[0][1:]])
    which = fresh(len(axes))
    freeze(which, step.why)
    return [[*alike[:place], which, *alike[place:]]]


def unstack(step, axes, shapes):
    gone = step.eqn.params["axis"]
    freeze(axes[0][gone], step.why)
    return [[axis for place, axis in enumerate(axes[0]) if place != gone] for _ in shapes]


def tile(step, axes, shapes):
    """An axis again and again; the number of times stays."""
    result = []
    for axis, times in zip(axes[0], step.eqn.params["reps"], strict=True):
        again = fresh(times)
        freeze(again, step.why)
        result.append((*again, *axis))
    return [result]


def concatenate(step, axes, shapes):
    place, result = step.eqn.params["dimension"], list(axes[0])
    for operand in axes[1:]:
        for dimension, axis in enumerate(operand):
            if dimension != place:
                unify(result[dimension], axis)
    result[place] = atoms.concatenate([operand[place] for operand in axes])
    return [result]


def windows(step, axes, shapes):
    """Pooling: dimensions with a window of 1 pass through, the others are places."""
    params, result = step.eqn.params, []
    if len(shapes) > 1:
        return unknown(step, axes, shapes)
    for place, (axis, size) in enumerate(zip(axes[0], shapes[0], strict=True)):
        untouched = params["window_dimensions"][place] == params["window_strides"][place] == 1
        untouched &= params["padding"][place] == (0, 0) and atoms.size_of(axis) == size
        if not untouched:
            freeze(axis, "position in space", position=True)
            axis = fresh(size)
            freeze(axis, "position in space", position=True)
        result.append(axis)
    return [result]


def iota(step, axes, shapes):
    result = [fresh(size) for size in shapes[0]]
    freeze(result[step.eqn.params["dimension"]], step.why)
    return [result]


def random_bits(step, axes, shapes):
    """One number an entry: fewer entries, other numbers."""
    result = [fresh(size) for size in shapes[0]]
    for axis in result:
        freeze(axis, step.why)
    return [result]


RULES = {
    **dict.fromkeys(ELEMENTWISE, elementwise),
    **dict.fromkeys(
        [
            "reduce_sum",
            "reduce_max",
            "reduce_min",
            "reduce_prod",
            "reduce_and",
            "reduce_or",
            "reduce_xor",
            "argmax",
            "argmin",
        ],
        reduction,
    ),
    **dict.fromkeys(["cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp"], along("axis")),
    **dict.fromkeys(
        ["reduce_window_max", "reduce_window_min", "reduce_window_sum", "reduce_window"], windows
    ),
    "rev": along("dimensions"),
    "sort": along("dimension"),
    "optimization_barrier": barrier,
    "broadcast_in_dim": broadcast_in_dim,
    "reshape": reshape,
    "squeeze": squeeze,
    "transpose": transpose,
    "concatenate": concatenate,
    "slice": slice_,
    "split": split,
    "dynamic_slice": dynamic_slice,
    "dynamic_update_slice": dynamic_update_slice,
    "gather": gather,
    "pad": pad,
    "dot_general": dot_general,
    "conv_general_dilated": convolution,
    "bitcast_convert_type": bitcast,
    "stack": stack,
    "unstack": unstack,
    "tile": tile,
    "iota": iota,
    "random_bits": random_bits,
}
