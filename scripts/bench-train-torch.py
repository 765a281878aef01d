#!/usr/bin/env python3
"""How fast PyTorch trains our nets on this CPU: the peer of build/bench-train, run by scripts/bench-train.

    bench-train-torch.py NETWORK BATCH SIDE_PX SECONDS THREADS

Prints a JSON list of ways to run it, each with its best step: float32 and bfloat16 (autocast), both memory layouts, and
as one writes it or rewritten: transposed convolutions as the 1x1 convolution and shuffle that they equal, and mixed ones, which
are one grouped convolution with a group for each sample, as a convolution for each sample. Needs python3-torch.
"""
import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

CONDITION = 13  # BLUR_CONDITION_COUNT in native/core/blur.h


def up(inputs, outputs, shuffled):
    """Doubles the size: both forms have the same parameters and results."""
    if shuffled:
        return nn.Sequential(nn.Conv2d(inputs, 4 * outputs, 1), nn.PixelShuffle(2))
    return nn.ConvTranspose2d(inputs, outputs, 2, stride=2)


class Block(nn.Module):
    """x + conv(relu(film(conv(x)))), as residual_block in native/core/networks.c."""

    def __init__(self, width, told):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        self.film = nn.Linear(told, 2 * width) if told else None

    def forward(self, x, told):
        y = self.conv1(x)
        if self.film:
            scale, shift = self.film(told)[:, :, None, None].chunk(2, 1)
            y = y * (1 + scale) + shift
        return x + self.conv2(F.relu(y))


class MixedConv(nn.Module):
    """GRAPH_MIXED_CONV2D in native/core/graph.h: every sample has a kernel of its own."""

    def __init__(self, width, told, rank, apart):
        super().__init__()
        self.weight, self.mix = nn.Parameter(torch.randn(rank, width, 3, 3)), nn.Parameter(torch.randn(width, rank) / rank)
        self.bias, self.apart = nn.Parameter(torch.zeros(width)), apart
        self.gate, self.shift = nn.Linear(told, rank), nn.Linear(told, width)

    def forward(self, x, told):
        batch, width = x.shape[:2]
        mixes = self.mix * (1 + self.gate(told))[:, None, :]  # [batch][out][rank]
        kernels = (mixes @ self.weight.flatten(1)).view(batch, width, width, 3, 3)
        biases = self.bias + self.shift(told)
        if self.apart:
            return torch.cat([F.conv2d(x[i : i + 1], kernels[i], biases[i], padding=1) for i in range(batch)])
        grouped = F.conv2d(x.reshape(1, batch * width, *x.shape[2:]), kernels.flatten(0, 1), padding=1, groups=batch)
        return grouped.view_as(x) + biases[:, :, None, None]


class MixedBlock(nn.Module):
    """x + mixed(relu(mixed(x)))."""

    def __init__(self, width, told, rank, apart):
        super().__init__()
        self.conv1, self.conv2 = MixedConv(width, told, rank, apart), MixedConv(width, told, rank, apart)

    def forward(self, x, told):
        return x + self.conv2(F.relu(self.conv1(x, told)), told)


class Published(nn.Module):
    def __init__(self, shuffled):
        super().__init__()
        self.enc, self.down = nn.Conv2d(3, 64, 3, padding=1), nn.Conv2d(64, 128, 3, stride=2, padding=1)
        self.blocks = nn.ModuleList(Block(128, 0) for _ in range(4))
        self.up, self.head = up(128, 64, shuffled), nn.Conv2d(64, 3, 3, padding=1)

    def forward(self, x, _):
        x = F.relu(self.down(F.relu(self.enc(x))))
        for block in self.blocks:
            x = block(x, None)
        return torch.sigmoid(self.head(F.relu(self.up(x))))


class Unet(nn.Module):
    """networks_unet."""

    def __init__(self, shuffled, widths, ranks, encoder, decoder, told=64):
        super().__init__()

        def blocks(counts):
            return nn.ModuleList(
                nn.ModuleList(MixedBlock(w, told, r, shuffled) if r else Block(w, told) for _ in range(n))
                for w, r, n in zip(widths, ranks, counts)
            )

        self.told = nn.Sequential(nn.Linear(CONDITION, told), nn.ReLU(), nn.Linear(told, told), nn.ReLU())
        self.stem, self.head = nn.Conv2d(12, widths[0], 3, padding=1), nn.Conv2d(widths[0], 12, 3, padding=1)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in zip(widths, widths[1:]))
        self.up = nn.ModuleList(up(b, a, shuffled) for a, b in zip(widths, widths[1:]))
        self.encoder, self.decoder = blocks(encoder), blocks(decoder)

    def forward(self, picture, condition):
        told = self.told(condition)
        x = self.stem(F.pixel_unshuffle(picture, 2))
        skips = []
        for level, blocks in enumerate(self.encoder):
            if level:
                x = self.down[level - 1](x)
            for block in blocks:
                x = block(x, told)
            skips.append(x)
        for level in reversed(range(len(self.decoder))):
            x = self.up[level](x) + skips[level]
            for block in self.decoder[level]:
                x = block(x, told)
        return picture + F.pixel_shuffle(self.head(x), 2)


NETWORKS = {
    "published": Published,
    "student": lambda shuffled: Unet(shuffled, (24, 48, 96), (96, 96, 96), (1, 1, 2), (1, 1)),
    "teacher": lambda shuffled: Unet(shuffled, (32, 64, 128), (0, 0, 0), (2, 2, 4), (2, 2)),
}


def best_step(network, batch, side, seconds, bf16, channels_last, shuffled):
    layout = torch.channels_last if channels_last else torch.contiguous_format
    net = NETWORKS[network](shuffled).to(memory_format=layout)
    optimiser = torch.optim.AdamW(net.parameters(), 1e-4, foreach=True)
    picture, truth = (torch.rand(batch, 3, side, side).to(memory_format=layout) for _ in range(2))
    condition = torch.rand(batch, CONDITION)
    times = []
    start = time.perf_counter()
    while len(times) < 3 or time.perf_counter() - start < seconds:
        at = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            out = net(picture, condition)
        loss = torch.sqrt((out.float() - truth) ** 2 + 1e-6).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        times.append(time.perf_counter() - at)
    return min(times[1:])


def main():
    network, batch, side, seconds, threads = sys.argv[1], *sys.argv[2:6]
    torch.set_num_threads(int(threads))
    torch.set_flush_denormal(True)
    ways = []
    for bf16 in (False, True):
        for channels_last in (False, True):
            for shuffled in (False, True):
                step = best_step(network, int(batch), int(side), float(seconds), bf16, channels_last, shuffled)
                ways.append({"precision": "bf16" if bf16 else "f32", "channels_last": channels_last,
                             "shuffled": shuffled, "step_ms": round(step * 1e3, 3)})
    print(json.dumps({"version": torch.__version__, "ways": ways}))


if __name__ == "__main__":
    main()
