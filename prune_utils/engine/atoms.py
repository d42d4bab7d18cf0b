"""Axes of arrays as products and concatenations of atoms, and which of them belong together.

An axis is a tuple of atoms, the slowest first: 64 attention features may be 8 heads of 8, a
flattened picture is height, width, channel. An atom is free until something is learnt about it:
that it is the same as another (`unify`), a product (`reshape`), a concatenation (`select`,
`concatenate`), or that no part of it may go (`freeze`). Axes of size 1 have no atoms.
"""

import math

# Reasons that do not keep a second function from running at smaller widths: what it puts out may be
# smaller, and so may what it draws. A sum over units may not: a mean would divide by the old width.
SOFT = ("output", "random_bits")


class Atom:
    """A part of an axis.

    Attributes:
      size: how many entries it has.
      into: the axis that it turned out to be, if it did.
      parts: the axes of which it is the concatenation, if it is one.
      reason: why none of its entries can be taken out, or None.
      hard: the first reason that holds for a second function of the same parameters, too, or None.
      position: whether it counts places, such as pixels or tokens, or inputs.
    """

    __slots__ = ("hard", "into", "parts", "position", "reason", "size")

    def __init__(self, size, parts=None):
        self.size, self.parts = size, parts
        self.into = self.reason = self.hard = None
        self.position = False


def fresh(size):
    """A new axis of which nothing is known."""
    return () if size == 1 else (Atom(size),)


def size_of(axis):
    """The number of entries of an axis."""
    return math.prod(atom.size for atom in axis)


def resolve(axis):
    """The axis in atoms that are nothing else: free ones, frozen ones and concatenations."""
    roots = []
    for atom in axis:
        roots.extend((atom,) if atom.into is None else resolve(atom.into))
    return tuple(roots)


def leaves(axis):
    """All atoms in an axis that are no concatenations, those within concatenations included."""
    for atom in resolve(axis):
        if atom.parts is None:
            yield atom
        else:
            for part in atom.parts:
                yield from leaves(part)


def freeze(axis, reason, position=False):
    """Keeps every entry of the axis in the network. The first reason stays."""
    for atom in leaves(axis):
        atom.reason = atom.reason or reason
        atom.hard = atom.hard or (None if reason.startswith(SOFT) else reason)
        atom.position = atom.position or position


def become(atom, axis):
    """Makes known that the atom is this axis."""
    if atom.reason:
        freeze(axis, atom.reason, atom.position)
    if atom.hard:
        freeze(axis, atom.hard)
    atom.into = axis


def concatenate(axes):
    """One axis after another along the same dimension."""
    parts = tuple(axis for axis in axes if size_of(axis)) or tuple(axes)[:1]
    return (Atom(sum(map(size_of, parts)), parts),) if len(parts) > 1 else parts[0]


def segments(axis):
    """The parts of a concatenation, those of concatenations within it included; else the axis
    alone.
    """
    roots = resolve(axis)
    if len(roots) == 1 and roots[0].parts is not None:
        return [piece for part in roots[0].parts for piece in segments(part)]
    return [roots]


def _cut(axis, size):
    """Cuts a free atom into two segments, the first of that size; None if the axis is more than
    that.
    """
    roots = resolve(axis)
    if len(roots) != 1 or roots[0].parts is not None:
        return None
    first, rest = fresh(size), fresh(roots[0].size - size)
    become(roots[0], concatenate((first, rest)))
    return [first, rest]


def select(axis, start, stop):
    """The entries from start to stop of an axis, as an axis; None if they are no segments of it."""
    pieces, chosen, place = segments(axis), [], 0
    while pieces:
        piece = pieces.pop(0)
        end = place + size_of(piece)
        border = next((b for b in (start, stop) if place < b < end), None)
        if border is not None:
            cut = _cut(piece, border - place)
            if cut is None:
                return None
            pieces[:0] = cut
            continue
        if start <= place and end <= stop:
            chosen.append(piece)
        place = end
    return concatenate(chosen) if chosen else None


def unify(first, second):
    """Makes known that two axes are the same, entry by entry; what cannot be matched is frozen."""
    if size_of(first) != size_of(second):
        raise ValueError(f"axes of {size_of(first)} and {size_of(second)} entries")
    left, right = resolve(first), resolve(second)
    while left and right:
        (a, *others), (b, *rest) = left, right
        if a is not b and a.size == b.size:
            _merge(a, b)
        elif a is not b:
            large, small = (a, b) if a.size > b.size else (b, a)
            if large.parts is not None or small.size == 0 or large.size % small.size:
                freeze((*left, *right), "axes that divide differently")
                return
            become(large, (*fresh(small.size), *fresh(large.size // small.size)))
            others, rest = (a, *others), (b, *rest)
        left, right = resolve(others), resolve(rest)


def _merge(a, b):
    """Makes two atoms of one size the same."""
    if a.parts is not None and b.parts is not None:
        _align(segments((a,)), segments((b,)))
    if a.parts is None:
        become(a, (b,))
    else:
        become(b, (a,))


def _align(left, right):
    """Unifies two lists of segments, cutting free ones where the other list has a border."""
    while left and right:
        a, b = left.pop(0), right.pop(0)
        if size_of(a) == size_of(b):
            unify(a, b)
            continue
        (long, rest), (short, other) = ((a, left), (b, right))
        if size_of(a) < size_of(b):
            (long, rest), (short, other) = (short, other), (long, rest)
        cut = _cut(long, size_of(short))
        if cut is None:
            for axis in (a, b, *left, *right):
                freeze(axis, "concatenations that divide differently")
            return
        rest[:0], other[:0] = cut, [short]


def reshape(axes, sizes):
    """The axes of an array after a reshape to these sizes; None if an atom would have to be
    torn.
    """
    atoms, result = [atom for axis in axes for atom in resolve(axis)], []
    if 0 in sizes:
        return None
    for size in sizes:
        axis, done = [], 1
        while done < size:
            atom = atoms.pop(0)
            if size % (done * atom.size):
                part = size // done if size % done == 0 else 0
                if atom.parts is not None or part < 2 or atom.size % part:
                    return None
                halves = (*fresh(part), *fresh(atom.size // part))
                become(atom, halves)
                atom, rest = halves
                atoms.insert(0, rest)
            axis.append(atom)
            done *= atom.size
        result.append(tuple(axis))
    return result
