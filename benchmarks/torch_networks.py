"""Torch-Pruning on the three networks of bench_networks.py: prunes half, prints one line of JSON.

Argument: how often a network is called for its latency. The transformer appears with attention
written in three ways, and, where Torch-Pruning can be told of heads, once more with that help.
"""

import json
import sys
import time

import torch
import torch_pruning
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

PRUNINGS, INPUTS, WIDTH, HEADS, SIZE, HIDDEN = 3, 256, 128, 8, 16, 512


class Residual(nn.Module):
    def __init__(self, *body, past=None, after=None):
        super().__init__()
        self.body, self.past = nn.Sequential(*body), past or nn.Identity()
        self.after = after or nn.Identity()

    def forward(self, x):
        return self.after(self.past(x) + self.body(x))


def conv(before, width, size=3, stride=1):
    layer = nn.Conv2d(before, width, size, stride, size // 2, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(width))


def block(before, width):
    stride = 1 if before == width else 2
    body = conv(before, width, 3, stride), nn.ReLU(), conv(width, width)
    past = conv(before, width, 1, stride) if stride == 2 else None
    return Residual(*body, past=past, after=nn.ReLU())


class Attention(nn.Module):
    """As `nn.MultiheadAttention` ("module"), of four `nn.Linear` ("linear"), or "raw" parameters.

    The first two have numbers for biases, so that `mixed` can tell which dimensions are left.
    """

    def __init__(self, kind):
        super().__init__()
        self.kind, self.heads = kind, HEADS
        if kind == "module":
            self.module = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
            self.module.in_proj_bias.data = torch.arange(3 * WIDTH) / 1000
        elif kind == "linear":
            self.parts = nn.ModuleList(nn.Linear(WIDTH, HEADS * SIZE) for _ in range(3))
            for part in self.parts:
                part.bias.data = torch.arange(HEADS * SIZE) / 1000
            self.out = nn.Linear(HEADS * SIZE, WIDTH)
        else:
            shapes = [(WIDTH, HEADS, SIZE)] * 3 + [(HEADS, SIZE, WIDTH)]
            self.kernels = nn.ParameterList(torch.randn(s) / WIDTH**0.5 for s in shapes)
            shapes = [(HEADS, 1, SIZE)] * 3 + [(WIDTH,)]
            self.biases = nn.ParameterList(torch.zeros(s) for s in shapes)

    def forward(self, x):
        if self.kind == "module":
            return self.module(x, x, x, need_weights=False)[0]
        if self.kind == "linear":
            shape = (*x.shape[:2], self.heads, SIZE)
            parts = [part(x).reshape(shape).transpose(1, 2) for part in self.parts]
            return self.out(scaled_dot_product_attention(*parts).transpose(1, 2).flatten(2))
        pairs = zip(self.kernels[:3], self.biases[:3], strict=True)
        parts = [torch.einsum("ntw,whd->nhtd", x, kernel) + bias for kernel, bias in pairs]
        y = scaled_dot_product_attention(*parts)
        return torch.einsum("nhtd,hdw->ntw", y, self.kernels[3]) + self.biases[3]

    def mixed(self):
        """Whether some head is now made of several old ones; None if that cannot be told."""
        if self.kind == "raw":
            return None
        whole = self.kind == "module"
        biases = self.module.in_proj_bias if whole else torch.cat([p.bias for p in self.parts])
        old = (1000 * biases).round() % WIDTH // SIZE  # the old head of every dimension
        old = old.reshape(3, self.heads, -1)
        return bool((old != old[:1, :, :1]).any())


class Transformer(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.patches, layers = nn.Conv2d(3, WIDTH, 4, 4), []
        self.positions = nn.Parameter(0.02 * torch.randn(1, 64, WIDTH))
        for _ in range(6):
            dense = nn.Linear(WIDTH, HIDDEN), nn.GELU("tanh"), nn.Linear(HIDDEN, WIDTH)
            layers += [Residual(nn.LayerNorm(WIDTH), Attention(kind))]
            layers += [Residual(nn.LayerNorm(WIDTH), *dense)]
        self.layers = nn.Sequential(*layers, nn.LayerNorm(WIDTH))
        self.last = nn.Linear(WIDTH, 10)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2) + self.positions
        return self.last(self.layers(x).mean(1))


def network(name):
    """The network, an input's shape, and what Torch-Pruning is told: the last layer, or more."""
    if name == "MLP":
        layers = nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10)
        return nn.Sequential(*layers), (784,), {"ignored_layers": [layers[-1]]}
    if name == "ResNet-20":
        widths = [16] + [16] * 3 + [32] * 3 + [64] * 3
        blocks = [block(*pair) for pair in zip(widths, widths[1:])]
        last = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)
        model = nn.Sequential(conv(3, 16), nn.ReLU(), *blocks, *last)
        return model, (3, 32, 32), {"ignored_layers": [last[-1]]}
    kind, _, told = name.partition(", ")
    model = Transformer(kind)
    hints = {"ignored_layers": [model.last]}
    if told:  # half of the heads, their dimensions whole, and nothing of the stream
        every = [layer for layer in model.modules() if isinstance(layer, Attention)]
        parts = [part for a in every for part in (a.parts if kind == "linear" else [a.module])]
        hints |= dict(num_heads=dict.fromkeys(parts, HEADS), prune_num_heads=True)
        hints |= dict(prune_head_dims=False, head_pruning_ratio=0.5)
        stream = [layer.body[-1] for layer in model.layers[1:-1:2]]
        stream += [a.out for a in every if kind == "linear"]
        hints["ignored_layers"] += [model.patches, *stream]
    return model, (3, 32, 32), hints


def size(model):  # with the running statistics
    tensors = [*model.parameters(), *model.buffers()]
    return sum(tensor.numel() for tensor in tensors if tensor.is_floating_point())


def prune(name):
    """A pruned network, an input's shape, and the seconds of building the graph and of pruning."""
    (model, shape, hints), start = network(name), time.perf_counter()
    hints |= dict(importance=torch_pruning.importance.MagnitudeImportance(), pruning_ratio=0.5)
    pruner = torch_pruning.pruner.MetaPruner(model.eval(), torch.randn(1, *shape), **hints)
    built = time.perf_counter()
    pruner.step()
    seconds = built - start, time.perf_counter() - built
    if name == "linear, told":  # is left to the user
        for attention in (layer.body[1] for layer in model.layers[:-1:2]):
            attention.heads = pruner.num_heads[attention.parts[0]]
    return model, shape, seconds


def measure(name, repeats):
    original, result = network(name)[0].eval(), {}
    try:
        done = [prune(name) for _ in range(PRUNINGS)]
        model, shape, first = done[0]
        graph, pruning = (min(seconds) for seconds in zip(*(seconds for _, _, seconds in done)))
        result |= {"first": sum(first), "graph": graph, "prune": pruning}
        result["parameters"] = size(original), size(model)
        x, taken = torch.randn(INPUTS, *shape), []
        with torch.no_grad():
            model(x)
        if isinstance(model, Transformer):
            (_, attention), (_, dense, *_) = (model.layers[place].body for place in (0, 1))
            parts = model.patches.out_channels, size(attention), dense.out_features
            result["parts"] = dict(zip(("stream", "attention", "hidden"), parts, strict=True))
            result["mixed"] = attention.mixed()
        with torch.no_grad():
            for _ in range(repeats + 1):
                for each in (original, model):
                    start = time.perf_counter()
                    each(x)
                    taken.append(time.perf_counter() - start)
        result["latency"] = [min(taken[2 + place :: 2]) for place in range(2)]
    except Exception as error:  # what it cannot do belongs to the result
        result["error"] = f"{type(error).__name__}: {error}"
    return result


if __name__ == "__main__":
    names = "MLP", "ResNet-20", "module", "linear", "raw", "module, told", "linear, told"
    print(json.dumps({name: measure(name, int(sys.argv[1])) for name in names}))
