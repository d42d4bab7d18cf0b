"""The network of Magika, which tells the type of a file by its bytes, as a function in JAX; and
files of this installation to look at."""

from collections import Counter
from importlib.metadata import distributions
from importlib.resources import files as package_files
from itertools import islice

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import read_bounded, require, require_finite

BEGIN = END = 1024  # bytes of a file that are looked at
BLOCK, PADDING = 4096, 256
LEAST = 8  # shorter files are not for the network
BYTES, WINDOW = 4, 5  # that stand together; the width of the convolution
EPSILON = 1e-6
LARGEST = 2**25  # bytes of a model's file
# Of each array: how its name ends in the file, and its shape there.
PLACES = {
    "embedding": ("/Const:0", (257, 64)),
    "embedding bias": ("Dense_0/Reshape:0", (1, 1, 64)),
    "first scale": ("LayerNorm_0/Reshape_2:0", (1, 512, 1)),
    "first shift": ("LayerNorm_0/Reshape_3:0", (1, 512, 1)),
    "convolution": ("Conv_0/transpose_3:0", (512, 256, 5, 1)),
    "convolution bias": ("const_fold_opt__209", (1, 512, 1)),
    "second scale": ("LayerNorm_1/Reshape_2:0", (1, 512)),
    "second shift": ("LayerNorm_1/Reshape_3:0", (1, 512)),
    "classes": ("Const_24:0", (512, 214)),
    "classes bias": ("Dense_1/Reshape:0", (1, 214)),
}


def model_file():
    """The path of the model in the package, ONNX."""
    return package_files("magika") / "models" / "standard_v3_3" / "model.onnx"


def read_weights(path=None):
    """Dict name of `PLACES` -> array, as the ONNX file has them; of the package's model, if no
    other is named.

    Raises:
      ValueError: if the file is too large, is no ONNX file or is cut off, or lacks one of the
        arrays in its shape.
    """
    import onnx
    from google.protobuf.message import DecodeError

    content = read_bounded(path or model_file(), LARGEST)
    try:
        arrays = onnx.load_from_string(content).graph.initializer
        # None that lies in a file besides: the path of that could be any.
        inside = [array for array in arrays if array.data_location == array.DEFAULT]
        arrays = {array.name: onnx.numpy_helper.to_array(array) for array in inside}
    except (DecodeError, ValueError, TypeError, KeyError) as error:
        raise ValueError(f"path: expected an ONNX file, whole: {error}") from error
    weights = {}
    for name, (place, shape) in PLACES.items():
        weights[name] = next((array for own, array in arrays.items() if own.endswith(place)), None)
        found = getattr(weights[name], "shape", "nothing")
        require(found == shape, "path", f"an array {shape} at {place}, found {found}")
    require_finite(weights, "path")
    return weights


def parameters(weights):
    """What `tell` takes.

    The second layer normalisation averages over the units of the convolution, which would freeze
    them. Here it is written as what it is: three kernels that read these units. One sees their
    mean, one the mean of their squares. The third puts out the classes, from the units less their
    mean, which it subtracts from itself, times the scale, which it holds as well.
    """
    kernel = weights["second scale"].reshape(-1, 1) * weights["classes"]
    units = len(kernel)
    shift = weights["second shift"] @ weights["classes"] + weights["classes bias"]
    return jax.tree.map(
        jnp.asarray,
        {
            "embedding": {
                "kernel": weights["embedding"],
                "bias": weights["embedding bias"],
            },
            "position": {
                "scale": weights["first scale"],
                "shift": weights["first shift"],
            },
            "convolution": {
                "kernel": weights["convolution"][..., 0].transpose(2, 1, 0),
                "bias": weights["convolution bias"].transpose(0, 2, 1),
            },
            "mean": np.full((units, 1), 1 / units, np.float32),
            "square": np.full((units, 1), 1 / units, np.float32),
            "classes": {"kernel": kernel - kernel.mean(axis=0), "bias": shift},
        },
    )


def tell(params, x):
    """The probability of each type.

    Args:
      params: as from `parameters`.
      x: bytes (files, BEGIN + END), integers, `PADDING` where a file has none.

    Returns:
      (files, types).
    """
    own = params["embedding"]
    h = jax.nn.gelu(own["kernel"][x] + own["bias"])
    h = h.reshape(len(x), x.shape[1] // BYTES, -1)
    mean, square = h.mean(axis=1, keepdims=True), jnp.square(h).mean(axis=1, keepdims=True)
    h = (h - mean) / jnp.sqrt(jnp.maximum(square - jnp.square(mean), 0) + EPSILON)
    h = h * params["position"]["scale"] + params["position"]["shift"]
    h = jax.lax.conv_general_dilated(
        h, params["convolution"]["kernel"], (1,), "VALID", dimension_numbers=("NWC", "WIO", "NWC")
    )
    h = jax.nn.gelu(h + params["convolution"]["bias"]).max(axis=1)
    mean, square = h @ params["mean"], jnp.square(h) @ params["square"]
    spread = jnp.sqrt(jnp.maximum(square - jnp.square(mean), 0) + EPSILON)
    return jax.nn.softmax(h @ params["classes"]["kernel"] / spread + params["classes"]["bias"])


def read_bytes(content):
    """What the network sees of a file: its first and its last bytes, whitespace around them left
    out, (BEGIN + END,) int32."""
    first = np.frombuffer(content[:BLOCK].lstrip()[:BEGIN], np.uint8)
    last = np.frombuffer(content[-BLOCK:].rstrip()[-END:], np.uint8)
    seen = np.full(BEGIN + END, PADDING, np.int32)
    seen[: len(first)] = first
    seen[BEGIN + END - len(last) :] = last
    return seen


def installed_files(key, numbers):
    """Files of installed packages, of a random half of the packages for the first set, of the
    others for the second. No two are `alike`, none is blank, and at most an eighth of a set has the
    same ending.

    Args:
      key: a `jax.random.key`.
      numbers: of files in each of the two sets.

    Returns:
      Two arrays (number, BEGIN + END), as from `read_bytes`.

    Raises:
      ValueError: if there are not so many.
    """
    packages = sorted(distributions(), key=lambda package: package.name.lower())
    packages = [packages[place] for place in jax.random.permutation(key, len(packages))]
    halves = packages[::2], packages[1::2]
    seen, sets = [], []
    for half, number in zip(halves, numbers, strict=True):
        rows = list(islice(_distinct(half, number // 8, seen), number))
        require(len(rows) == number, "numbers", f"at most the {len(rows)} files here, got {number}")
        sets.append(np.stack(rows))
    return tuple(sets)


def _distinct(packages, each, seen):
    """What the network sees of one file after another, the packages in turn, if it is not `alike`
    to anything in the list `seen`, to which it is added."""
    endings = Counter()
    queues = [sorted(package.files or (), reverse=True) for package in packages]
    while any(queues):
        for queue in filter(None, queues):
            path = queue.pop()
            own = ".." in path.parts or ".dist-info" in path.parts[0]  # made by the installation
            if own or path.suffix == ".pyc" or endings[path.suffix] >= each:
                continue
            content = path.locate().read_bytes() if path.locate().is_file() else b""
            row = read_bytes(content)
            if len(content.strip()) >= LEAST and not alike(row, seen):
                seen.append(row)
                endings[path.suffix] += 1
                yield row


def alike(row, others):
    """Whether the row and any of the others have the same bytes in over half of the places of the
    shorter one."""
    others = np.array(others).reshape(-1, len(row))
    same = ((others == row) & (row != PADDING)).sum(axis=1)
    shorter = np.minimum((row != PADDING).sum(), (others != PADDING).sum(axis=1))
    return bool((same > shorter / 2).any())
