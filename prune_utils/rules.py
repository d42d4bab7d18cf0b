"""What each primitive does to axes: one function and one line in a table for each.

A rule gets the step, the axes of its operands and the shapes of its results; it unifies and
freezes atoms and returns the axes of the results. A primitive without a rule freezes all that it
touches. `RESIZED` says how a primitive's own parameters follow when axes get smaller.
"""

from . import atoms
from .atoms import freeze, fresh, unify

ELEMENTWISE = set(
    [
        "abs",
        "acos",
        "acosh",
        "add",
        "add_any",
        "and",
        "asin",
        "asinh",
        "atan",
        "atan2",
        "atanh",
        "bessel_i0e",
        "bessel_i1e",
        "cbrt",
        "ceil",
        "clamp",
        "clz",
        "conj",
        "convert_element_type",
        "copy",
        "copy_p",
        "cos",
        "cosh",
        "digamma",
        "div",
        "eq",
        "erf",
        "erf_inv",
        "erfc",
        "exp",
        "exp2",
        "expm1",
        "floor",
        "ge",
        "gt",
        "igamma",
        "igammac",
        "imag",
        "integer_pow",
        "is_finite",
        "le",
        "lgamma",
        "log",
        "log1p",
        "logistic",
        "lt",
        "max",
        "min",
        "mul",
        "name",
        "ne",
        "neg",
        "nextafter",
        "not",
        "or",
        "polygamma",
        "population_count",
        "pow",
        "real",
        "reduce_precision",
        "regularized_incomplete_beta",
        "rem",
        "round",
        "rsqrt",
        "select_n",
        "shift_left",
        "shift_right_arithmetic",
        "shift_right_logical",
        "sign",
        "sin",
        "sinh",
        "sqrt",
        "square",
        "stop_gradient",
        "sub",
        "tan",
        "tanh",
        "xor",
    ]
)


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


def concatenate(step, axes, shapes):
    place, result = step.eqn.params["dimension"], list(axes[0])
    for operand in axes[1:]:
        for dimension, axis in enumerate(operand):
            if dimension != place:
                unify(result[dimension], axis)
    result[place] = atoms.concatenate([operand[place] for operand in axes])
    return [result]


def taken(step, axis, start, stop):
    """The entries from start to stop; frozen and new where they are no part of the axis."""
    if (start, stop) == (0, atoms.size_of(axis)):
        return axis
    part = atoms.select(axis, start, stop)
    if part is None:
        freeze(axis, step.why)
        part = fresh(stop - start)
        freeze(part, step.why)
    return part


def slice_(step, axes, shapes):
    params = step.eqn.params
    strides = params["strides"] or (1,) * len(axes[0])
    result = []
    for axis, start, stop, stride, size in zip(
        axes[0], params["start_indices"], params["limit_indices"], strides, shapes[0], strict=True
    ):
        if stride == 1:
            result.append(taken(step, axis, start, stop))
        else:
            freeze(axis, step.why)
            result.append(fresh(size))
            freeze(result[-1], step.why)
    return [result]


def split(step, axes, shapes):
    place, stop, results = step.eqn.params["axis"], 0, []
    for size in step.eqn.params["sizes"]:
        part = list(axes[0])
        part[place] = taken(step, axes[0][place], stop, stop + size)
        stop += size
        results.append(part)
    return results


def whole_or_frozen(step, operand, shape):
    """Axes that an operation takes whole pass through; of the others it takes a part not known
    beforehand.
    """
    result = []
    for axis, size in zip(operand, shape, strict=True):
        if atoms.size_of(axis) == size:
            result.append(axis)
        else:
            freeze(axis, step.why)
            result.append(fresh(size))
            freeze(result[-1], step.why)
    return result


def dynamic_slice(step, axes, shapes):
    return [whole_or_frozen(step, axes[0], shapes[0])]


def dynamic_update_slice(step, axes, shapes):
    result = whole_or_frozen(step, axes[0], [atoms.size_of(axis) for axis in axes[1]])
    for axis, update in zip(result, axes[1], strict=True):
        unify(axis, update)
    return [axes[0]]


def gather(step, axes, shapes):
    numbers, sizes = step.eqn.params["dimension_numbers"], step.eqn.params["slice_sizes"]
    for axis in axes[1]:
        freeze(axis, step.why)
    gone = (*numbers.collapsed_slice_dims, *numbers.operand_batching_dims)
    kept = [place for place in range(len(sizes)) if place not in gone]
    for place in gone:
        freeze(axes[0][place], step.why)
    whole = whole_or_frozen(step, [axes[0][p] for p in kept], [sizes[p] for p in kept])
    batch = [axis for axis in axes[1][:-1]]
    result, passed = [], iter(whole)
    for place in range(len(shapes[0])):
        result.append(next(passed) if place in numbers.offset_dims else batch.pop(0))
    return [result]


def pad(step, axes, shapes):
    result = []
    for axis, size, config in zip(axes[0], shapes[0], step.eqn.params["padding_config"]):
        if any(config):  # even of the same size: entries may have moved
            freeze(axis, step.why)
            axis = fresh(size)
            freeze(axis, step.why)
        result.append(axis)
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


def dot_general(step, axes, shapes):
    (left, right), (left_batch, right_batch) = step.eqn.params["dimension_numbers"]
    for a, b in (*zip(left, right, strict=True), *zip(left_batch, right_batch, strict=True)):
        unify(axes[0][a], axes[1][b])
    result = [axes[0][place] for place in left_batch]
    for operand, gone in zip(axes, ((*left, *left_batch), (*right, *right_batch)), strict=True):
        result += [axis for place, axis in enumerate(operand) if place not in gone]
    return [result]


def convolution(step, axes, shapes):
    params = step.eqn.params
    numbers, groups = params["dimension_numbers"], params["feature_group_count"]
    features, window = numbers.lhs_spec[1], numbers.rhs_spec[2:]
    inputs, outputs = axes[1][numbers.rhs_spec[1]], axes[1][numbers.rhs_spec[0]]
    if params["batch_group_count"] != 1:
        return unknown(step, axes, shapes)
    for place in window:
        freeze(axes[1][place], "window of a convolution", position=True)
    for place in numbers.lhs_spec[2:]:
        freeze(axes[0][place], "position in space", position=True)
    if groups == 1:
        unify(axes[0][features], inputs)
    else:
        group, each = fresh(groups), fresh(atoms.size_of(outputs) // groups)
        unify(axes[0][features], (*group, *inputs))
        unify(outputs, (*group, *each))
        freeze(inputs, "grouped convolution")
        step.groups = group
    result = [fresh(size) for size in shapes[0]]
    result[numbers.out_spec[0]] = axes[0][numbers.lhs_spec[0]]
    result[numbers.out_spec[1]] = outputs
    for place in numbers.out_spec[2:]:
        freeze(result[place], "position in space", position=True)
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


def unknown(step, axes, shapes):
    """Nothing that it touches can be taken out."""
    results = [[fresh(size) for size in shape] for shape in shapes]
    for operand in (*axes, *results):
        for axis in operand:
            freeze(axis, step.why)
    return results


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
    "iota": iota,
    "random_bits": random_bits,
}
