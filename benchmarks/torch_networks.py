"""Torch-Pruning on the three networks of bench_networks.py: prunes half, prints a line of JSON.

Argument: calls for each latency. Attention is written in three ways, and where Torch-Pruning can
be told of heads, it is, once more."""

import json
import sys
import time
from statistics import median

import torch
import torch_pruning
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

INPUTS, PRUNINGS, WIDTH, HEADS, SIZE, HIDDEN = 256, 3, 128, 8, 16, 512


class Residual(nn.Module):
    def __init__(self, *body, past=None):
        super().__init__()
        self.body, self.past = nn.Sequential(*body), past or nn.Identity()

    def forward(self, x):
        return self.past(x) + self.body(x)


def conv(before, width, side=3, stride=1):
    layer = nn.Conv2d(before, width, side, stride, side // 2, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(width))


def block(before, width):
    body = conv(before, width, 3, width // before), nn.ReLU(), conv(width, width)
    past = conv(before, width, 1, 2) if before < width else None
    return nn.Sequential(Residual(*body, past=past), nn.ReLU())


class Attention(nn.Module):
    # a "module" of PyTorch, four "linear" layers, or "raw" parameters
    def __init__(self, kind):
        super().__init__()
        self.kind, self.heads = kind, HEADS
        if kind == "module":
            self.module = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
            self.module.in_proj_bias.data = torch.arange(3 * WIDTH) / 1000  # tells who is left
        elif kind == "linear":
            *parts, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
            self.parts = nn.ModuleList(parts)
        else:
            shapes = [(WIDTH, HEADS, SIZE)] * 3 + [(HEADS, SIZE, WIDTH)]
            self.kernels = nn.ParameterList(torch.randn(s) / WIDTH**0.5 for s in shapes)
            self.biases = nn.ParameterList(torch.zeros(s) for s in [(HEADS, 1, SIZE)] * 3 + [WIDTH])

    def forward(self, x):
        if self.kind == "module":
            return self.module(x, x, x, need_weights=False)[0]
        if self.kind == "linear":
            shape = (*x.shape[:2], self.heads, SIZE)
            parts = [part(x).reshape(shape).transpose(1, 2) for part in self.parts]
            return self.out(scaled_dot_product_attention(*parts).transpose(1, 2).flatten(2))
        parts = [torch.einsum("ntw,whd->nhtd", x, kernel) for kernel in self.kernels[:3]]
        y = scaled_dot_product_attention(*(p + b for p, b in zip(parts, self.biases)))
        return torch.einsum("nhtd,hdw->ntw", y, self.kernels[3]) + self.biases[3]


class Transformer(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.patches, layers = nn.Conv2d(3, WIDTH, 4, 4), []
        self.positions = nn.Parameter(0.02 * torch.randn(1, 64, WIDTH))
        for _ in range(6):
            dense = nn.Linear(WIDTH, HIDDEN), nn.GELU("tanh"), nn.Linear(HIDDEN, WIDTH)
            layers += [Residual(nn.LayerNorm(WIDTH), Attention(kind))]
            layers += [Residual(nn.LayerNorm(WIDTH), *dense)]
        self.layers, self.last = nn.Sequential(*layers, nn.LayerNorm(WIDTH)), nn.Linear(WIDTH, 10)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2) + self.positions
        return self.last(self.layers(x).mean(1))


def network(name):
    """The network, an input's shape, and what Torch-Pruning is told beside the last layer."""
    if name == "MLP":
        widths = 784, 300, 100
        layers = [(nn.Linear(*pair), nn.ReLU()) for pair in zip(widths, widths[1:])]
        return nn.Sequential(*sum(layers, ()), nn.Linear(100, 10)), (784,), {}
    if name == "ResNet-20":
        widths = [16] + [16] * 3 + [32] * 3 + [64] * 3
        blocks = [block(*pair) for pair in zip(widths, widths[1:])]
        last = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)
        return nn.Sequential(conv(3, 16), nn.ReLU(), *blocks, *last), (3, 32, 32), {}
    kind, _, told = name.partition(", ")
    model = Transformer(kind)
    # half of the heads, their dimensions whole, and nothing of the stream
    every = [layer for layer in model.modules() if isinstance(layer, Attention)]
    parts = [part for a in every for part in (a.parts if kind == "linear" else a.children())]
    hints = dict(num_heads=dict.fromkeys(parts, HEADS), prune_num_heads=True, prune_head_dims=False)
    stream = [layer.body[-1] for layer in model.layers[1:-1:2]]
    stream += [model.patches, *(a.out for a in every if kind == "linear")]
    hints |= dict(head_pruning_ratio=0.5, ignored_layers=stream)
    return model, (3, 32, 32), hints if told else {}


def size(model):  # with the running statistics
    return sum(value.numel() for value in model.state_dict().values() if value.is_floating_point())


def prune(name):
    """A pruned network, an input's shape, and the seconds that the graph and the pruning took."""
    model, shape, hints = network(name)
    hints |= dict(importance=torch_pruning.importance.MagnitudeImportance(), pruning_ratio=0.5)
    hints["ignored_layers"] = [*hints.get("ignored_layers", []), list(model.children())[-1]]
    start = time.perf_counter()
    pruner = torch_pruning.pruner.MetaPruner(model.eval(), torch.randn(1, *shape), **hints)
    built = time.perf_counter()
    pruner.step()
    seconds = built - start, time.perf_counter() - built
    for layer in model.layers[:-1:2] if name == "linear, told" else []:  # is left to the user
        layer.body[1].heads = pruner.num_heads[layer.body[1].parts[0]]
    return model, shape, seconds


def measure(name, repeats):
    networks, result = [network(name)[0].eval()], {}
    try:
        done = [prune(name) for _ in range(PRUNINGS)]
        networks.append(done[0][0])
        result["first"] = sum(done[0][2])
        result["graph"], result["prune"] = (min(d[2][place] for d in done) for place in range(2))
        result["parameters"] = [size(each) for each in networks]
        if isinstance(networks[1], Transformer):
            (_, attention), (_, dense, *_) = (networks[1].layers[place].body for place in (0, 1))
            result["stream"], result["hidden"] = dense.in_features, dense.out_features
            result["attention"] = size(attention)
        x, taken = torch.randn(INPUTS, *done[0][1]), []
        with torch.no_grad():
            for each in networks[::-1] * (repeats + 1):
                start = time.perf_counter()
                each(x)
                taken.append(time.perf_counter() - start)
        result["latency"] = median(taken[3::2]), median(taken[2::2])
        if name.startswith("module"):  # is some head now made of several old ones?
            old = (1000 * attention.module.in_proj_bias).round() % WIDTH // SIZE
            result["mixed"] = bool((old.view(3, HEADS, -1).diff() != 0).any())
    except Exception as error:  # what it cannot do belongs to the result
        result["error"] = f"{type(error).__name__}: {error}"
    return result


if __name__ == "__main__":
    names = "MLP", "ResNet-20", "module", "linear", "raw", "module, told", "linear, told"
    print(json.dumps({name: measure(name, int(sys.argv[1])) for name in names}))
