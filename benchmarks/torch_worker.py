"""The work of jax_worker.py in PyTorch. For each number of networks on standard input, prints the
seconds it took.

    python torch_worker.py WAY THREADS    WAY: "eager" or "vmap"; THREADS: for PyTorch's operations,
      0 for its default

With one thread Adam is the fused one, the faster of the two there. Says "ready" when it has
started. An empty line ends it; then it prints its peak memory in MiB.
"""

import math
import resource
import sys
import time

import torch

POINTS, FEATURES, STEPS, RATE = 200, (2, 100, 100, 2), 1000, 0.1


def spirals(networks):
    """Two arms of 100 points for each network: (networks, 200, 2) and (200,)."""
    labels = torch.arange(POINTS) % 2
    radius = torch.rand(networks, POINTS)
    angle = 2 * math.pi * (radius + labels / 2)
    clean = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=-1)
    return clean + 0.02 * torch.randn_like(clean), labels


def eager(networks, fused):
    """The textbook loop, one network after the other."""
    x, y = spirals(networks)
    for points in x:
        layers = [torch.nn.Linear(*widths) for widths in zip(FEATURES, FEATURES[1:])]
        model = torch.nn.Sequential(
            layers[0], torch.nn.ReLU(), layers[1], torch.nn.ReLU(), layers[2]
        )
        optimizer = torch.optim.Adam(model.parameters(), lr=RATE, fused=fused)
        for _ in range(STEPS):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(points), y).backward()
            optimizer.step()


def vmap(networks, fused):
    """All networks at once with torch.func; Adam is elementwise and takes the stacked parameters as
    they are."""
    x, y = spirals(networks)
    params = []
    for inputs, units in zip(FEATURES, FEATURES[1:]):
        limit = math.sqrt(6 / (inputs + units))
        params += [
            (2 * torch.rand(networks, inputs, units) - 1) * limit,
            torch.zeros(networks, units),
        ]

    def loss(params, points):
        w1, b1, w2, b2, w3, b3 = params
        hidden = torch.relu(torch.relu(points @ w1 + b1) @ w2 + b2)
        return torch.nn.functional.cross_entropy(hidden @ w3 + b3, y)

    gradients = torch.func.vmap(torch.func.grad(loss))
    optimizer = torch.optim.Adam(params, lr=RATE, fused=fused)
    for _ in range(STEPS):
        for parameter, gradient in zip(params, gradients(params, x)):
            parameter.grad = gradient
        optimizer.step()


def main(way, threads):
    if int(threads):
        torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    run = {"eager": eager, "vmap": vmap}[way]
    print("ready", flush=True)
    for line in sys.stdin:
        if not line.strip():
            break
        start = time.perf_counter()
        run(int(line), fused=threads == "1")
        print(time.perf_counter() - start, flush=True)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
