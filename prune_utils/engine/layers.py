"""The layers of a graph: which atoms are units, what they are called, and why the rest stays."""

from collections import Counter

from ..table import Concat, Dim, Place
from . import atoms
from .atoms import freeze, leaves
from .graph import DATA
from .program import every_step


def unit_atoms(graph):
    """The atoms that are units: free, in a parameter, and read by a kernel; in the order in which
    data meets them.
    """
    read = set()
    for site in graph.sites:
        axes = graph.axes_of(site.step.inputs[1 - site.kernel])
        met = [atom for place in site.contracted for atom in leaves(axes[place])]
        read.update(atom for atom in met if not atom.reason)
        for atom in met:
            if met.count(atom) > 1 and not _side_by_side(axes, site.contracted, atom):
                freeze((atom,), f"read twice at once, {site.step.why}")
    kept = {}
    for axes in graph.parameter_axes():
        for axis in axes:
            kept.update(dict.fromkeys(leaves(axis)))
    order = {}
    for step in every_step(graph.program.steps):
        for number in step.outputs if step.body is None else ():
            if graph.kinds[number] == DATA:
                for axis in graph.axes[number]:
                    order.update((atom, len(order)) for atom in leaves(axis) if atom not in order)
    units = [atom for atom in kept if not atom.reason and atom in read]
    return sorted(units, key=lambda atom: order.get(atom, len(order)))


def _side_by_side(axes, contracted, unit):
    """Whether an atom that a kernel reads twice stands in different parts of a concatenation."""
    roots = [atom for place in contracted for atom in atoms.resolve(axes[place])]
    if roots.count(unit) > 1:
        return False
    holding = [
        root for root in roots if root is unit or (root.parts and unit in set(leaves((root,))))
    ]
    return len(holding) == 1 and all(
        list(leaves(part)).count(unit) <= 1 for part in atoms.segments((holding[0],))
    )


def static_axis(axis, layers):
    """An axis of the graph as parts of the table; layers: dict atom -> layer."""
    parts = []
    for root in atoms.resolve(axis):
        if root.parts is not None:
            parts.append(Concat(tuple(static_axis(piece, layers) for piece in root.parts)))
        elif root.position and root not in layers:
            parts.append(Place(root.size))
        else:
            parts.append(Dim(root.size, layers.get(root)))
    return tuple(parts)


def frozen_axes(traced, names):
    """Every axis of a parameter of which something cannot be taken out, with the reason."""
    frozen, units = {}, set(traced.units)
    for name, axes in zip(names, traced.graph.parameter_axes(), strict=True):
        for place, axis in enumerate(axes):
            held = [atom for atom in leaves(axis) if atom not in units]
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
                for atom in leaves(axis):
                    first.setdefault(atom, (names[leaf], place))
    for name, axes in zip(names, found.parameter_axes(), strict=True):
        for place, axis in enumerate(axes):
            for atom in leaves(axis):
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
