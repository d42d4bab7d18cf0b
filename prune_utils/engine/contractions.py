"""Rules for products and convolutions."""

from . import atoms
from .atoms import freeze, fresh, unify

CONTRACTIONS = ("dot_general", "conv_general_dilated")


def unknown(step, axes, shapes):
    """Nothing that it touches can be taken out."""
    results = [[fresh(size) for size in shape] for shape in shapes]
    for operand in (*axes, *results):
        for axis in operand:
            freeze(axis, step.why)
    return results


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


def contraction(step, kernel):
    """(dimensions of the activations, dimensions of the kernel) that a step sums over, for
    units.
    """
    if step.name == "dot_general":
        contracted = step.eqn.params["dimension_numbers"][0]
    else:
        numbers = step.eqn.params["dimension_numbers"]
        contracted = ((numbers.lhs_spec[1],), (numbers.rhs_spec[1],))
    return tuple(contracted[1 - kernel]), tuple(contracted[kernel])
