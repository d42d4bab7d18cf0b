"""Torch-Pruning on trained LeNet-300-100s: takes units out by magnitude, prints JSON.

Arguments: an .npz file with test data "x", "y" and weights "seed/layer/kernel" and ".../bias" as
Flax has them; the parts."""

import json
import sys
import time

import numpy as np
import torch
import torch_pruning
from torch import nn

LAYERS = ("Dense_0", "Dense_1", "Dense_2")


def network(file, seed):
    parts = []
    for name in LAYERS:
        kernel, bias = (torch.tensor(file[f"{seed}/{name}/{part}"]) for part in ("kernel", "bias"))
        layer = nn.Linear(*kernel.shape)
        layer.weight.data, layer.bias.data = kernel.T.contiguous(), bias
        parts += [layer, nn.ReLU()]
    return nn.Sequential(*parts[:-1]).eval()


file = np.load(sys.argv[1])
x, y = torch.tensor(file["x"]), torch.tensor(file["y"])
seeds = sum(name.endswith(f"{LAYERS[0]}/bias") for name in file.files)
found = {}
for part in map(float, sys.argv[2:]):
    rows = {"accuracy": [], "seconds": [], "operations": []}
    for seed in range(seeds):
        model, start = network(file, seed), time.perf_counter()
        pruner = torch_pruning.pruner.MetaPruner(
            model,
            x[:1],
            importance=torch_pruning.importance.MagnitudeImportance(p=1),
            pruning_ratio=part,
            ignored_layers=[model[-1]],
        )
        pruner.step()
        rows["seconds"].append(time.perf_counter() - start)
        with torch.no_grad():
            rows["accuracy"].append((model(x).argmax(1) == y).double().mean().item())
        rows["operations"].append(2 * torch_pruning.utils.count_ops_and_params(model, x[:1])[0])
    found[f"{part:.0%}"] = rows
print(json.dumps(found))
