"""How a primitive's own parameters follow when axes get smaller: a line in a table for each."""

from . import atoms


def _sliced(step, operands, results, size):
    """Where the chosen entries begin and end on smaller axes."""
    starts, stops = [], []
    params = step.eqn.params
    for axis, part, start, stop in zip(
        operands[0], results[0], params["start_indices"], params["limit_indices"], strict=True
    ):
        if size(axis) != atoms.size_of(axis):
            start = size(atoms.select(axis, 0, start)) if start else 0
            stop = start + size(part)
        starts.append(start)
        stops.append(stop)
    return {"start_indices": tuple(starts), "limit_indices": tuple(stops)}


def _shape(axes, size):
    return tuple(map(size, axes))


RESIZED = {
    "broadcast_in_dim": lambda step, ins, outs, size: {"shape": _shape(outs[0], size)},
    "reshape": lambda step, ins, outs, size: {"new_sizes": _shape(outs[0], size)},
    "iota": lambda step, ins, outs, size: {"shape": _shape(outs[0], size)},
    "random_bits": lambda step, ins, outs, size: {  # the keys' own axes come first
        "shape": _shape(outs[0][len(ins[0]) :], size)
    },
    "slice": _sliced,
    "dynamic_slice": lambda step, ins, outs, size: {"slice_sizes": _shape(outs[0], size)},
    "split": lambda step, ins, outs, size: {
        "sizes": tuple(size(part[step.eqn.params["axis"]]) for part in outs)
    },
    "gather": lambda step, ins, outs, size: {
        "slice_sizes": tuple(
            size(axis) if atoms.size_of(axis) == length else length
            for axis, length in zip(ins[0], step.eqn.params["slice_sizes"], strict=True)
        )
    },
    "conv_general_dilated": lambda step, ins, outs, size: {
        "feature_group_count": size(step.groups)
    },
}
