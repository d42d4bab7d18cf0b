"""What a traced network's layers are called, and what is said of the axes that stay whole."""

from collections import Counter

from . import atoms, graph


def frozen_axes(traced, names):
    """Every axis of a parameter of which something cannot be taken out, with the reason."""
    frozen, units = {}, set(traced.units)
    for name, axes in zip(names, graph.parameter_axes(traced.graph), strict=True):
        for place, axis in enumerate(axes):
            held = [atom for atom in atoms.leaves(axis) if atom not in units]
            reasons = dict.fromkeys(atom.reason or "no kernel reads it" for atom in held)
            if reasons:
                frozen[f"{name}[{place}]"] = ", ".join(reasons)
    return frozen


def layer_names(traced, names):
    """A name for each layer: the module of the first parameter that puts its units out."""
    found = traced.graph
    first = {}
    for step, operand in found.producers:
        source = found.source_of(step.inputs[operand])
        if source is not None:
            leaf = found.program.inputs.index(source)
            for place, axis in enumerate(found.axes[step.inputs[operand]]):
                for atom in atoms.leaves(axis):
                    first.setdefault(atom, (names[leaf], place))
    for name, axes in zip(names, graph.parameter_axes(found), strict=True):
        for place, axis in enumerate(axes):
            for atom in atoms.leaves(axis):
                first.setdefault(atom, (name, place))
    places = [first[unit] for unit in traced.units]
    modules = [
        (name.removeprefix("params/").rpartition("/")[0] or name, place) for name, place in places
    ]
    times = Counter(module for module, _ in modules)
    result = [module if times[module] == 1 else f"{module}[{place}]" for module, place in modules]
    seen = Counter()
    for index, name in enumerate(result):
        seen[name] += 1
        result[index] = name if result.count(name) == 1 else f"{name}.{seen[name]}"
    return tuple(result)
