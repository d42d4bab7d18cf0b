"""Rules for operations that take a part of an array, or put one in."""

from . import atoms
from .atoms import freeze, fresh, unify


def taken(step, axis, start, stop):
    """The entries from start to stop; frozen and new where they are no part of the axis."""
    if (start, stop) == (0, atoms.size_of(axis)):
        return axis
    if stop == 0:  # nothing
        return fresh(0)
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
