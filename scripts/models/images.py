"""Image classifiers of squares as ONNX files, trained here.

`fashion-cnn`: one convolution and one dense layer, each squared, on Fashion-MNIST (its IDX files are read from the
folder given). `shapes-cnn`: two squared convolutions on 20×20 colour images of five generated shapes, of which the test
part is written as PNG files, a folder a class. Run with Python 3, PyTorch 1.13 and ONNX 1.12, some minutes; without the folder, the shapes alone:

    python3 scripts/models/images.py /usr/share/datasets/fashion-mnist
"""

import gzip
import pathlib
import sys

import numpy as np
import torch
from torch import nn

from example_files import DATA, MODELS, write_expected, write_png

EXAMPLES = 6
SHAPES = ("cross", "disc", "ring", "square", "stripes")
TEST_IMAGES = 40  # a class
SIDE = 20  # pixels


class Square(nn.Module):
    def forward(self, x):
        return x * x


def train(network, x, y, epochs, rate, seed):
    torch.manual_seed(seed)
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
    steps = epochs * (len(x) // 128)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    network.train()
    for epoch in range(epochs):
        order = torch.randperm(len(x))
        for start in range(0, len(x) - 127, 128):
            batch = order[start : start + 128]
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(network(x[batch]), y[batch])
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 5)
            optimiser.step()
            cycle.step()
        print("epoch", epoch, float(loss))
    network.eval()


def export(name, network, x, y):
    """Writes the model and what PyTorch says of the first test images. `x` holds pixels of 0 to 255."""
    with torch.no_grad():
        logits = torch.cat([network(part.float() / 255) for part in x.split(500)])
    print(name, "accuracy", float((logits.argmax(1) == y).float().mean()))
    torch.onnx.export(
        network,
        x[:1].float() / 255,
        MODELS / f"{name}.onnx",
        input_names=["image"],
        output_names=["logits"],
        dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}},
        opset_version=15,
    )
    write_expected(name, x.shape[1:], x[:EXAMPLES].numpy(), logits[:EXAMPLES].numpy(), divisor=255)


def read_idx(path, header):
    return np.frombuffer(gzip.decompress(path.read_bytes()), dtype=np.uint8, offset=header)


def fashion(folder):
    parts = {}
    for part in ("train", "t10k"):
        pixels = read_idx(folder / f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28)
        labels = read_idx(folder / f"{part}-labels-idx1-ubyte.gz", 8)
        parts[part] = torch.tensor(pixels), torch.tensor(labels.astype(np.int64))
    torch.manual_seed(3)
    network = nn.Sequential(
        nn.Conv2d(1, 12, 5, stride=2),
        nn.BatchNorm2d(12),
        Square(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(12 * 6 * 6, 64),
        nn.BatchNorm1d(64),
        Square(),
        nn.Linear(64, 10),
    )
    train(network, parts["train"][0].float() / 255, parts["train"][1], 8, 4e-3, 3)
    export("fashion-cnn", network, *parts["t10k"])


def draw(shape, random):
    """One square image: a shape of one colour and of random size and place on a shaded ground of another."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float64)
    ground, colour = random.uniform(0, 110, 3), random.uniform(120, 255, 3)
    if random.random() < 0.5:
        ground, colour = colour, ground
    size = random.uniform(5, 8.5)
    cy, cx = random.uniform(size, SIDE - 1 - size, 2)
    dy, dx = np.abs(y - cy), np.abs(x - cx)
    distance = np.hypot(dy, dx)
    inside = {
        "cross": ((dy < size / 3.5) | (dx < size / 3.5)) & (np.maximum(dy, dx) < size),
        "disc": distance < size,
        "ring": (distance < size) & (distance > size * 0.6),
        "square": np.maximum(dy, dx) < size * 0.85,
        "stripes": (np.maximum(dy, dx) < size) & (np.floor((x - cx + 64) / 2) % 2 == 0),
    }[shape]
    shade = 1 + random.uniform(-0.15, 0.15) * (x - SIDE / 2) / SIDE * 2 + random.uniform(-0.15, 0.15) * (y - SIDE / 2) / SIDE * 2
    image = np.where(inside[..., None], colour, ground) * shade[..., None]
    return np.clip(np.round(image), 0, 255).astype(np.uint8)


def shapes():
    random = np.random.default_rng(11)

    def make(count):
        labels = np.repeat(np.arange(len(SHAPES)), count)
        return np.stack([draw(SHAPES[k], random) for k in labels]), labels

    test, test_labels = make(TEST_IMAGES)
    for i, (image, label) in enumerate(zip(test, test_labels)):
        write_png(DATA / "shapes" / SHAPES[label] / f"{i % TEST_IMAGES:03d}.png", image)
    pixels, labels = make(2400)
    torch.manual_seed(5)
    network = nn.Sequential(
        nn.Conv2d(3, 12, 5, stride=2, padding=2),
        nn.BatchNorm2d(12),
        Square(),
        nn.AvgPool2d(2),
        nn.Conv2d(12, 24, 3, padding=1),
        nn.BatchNorm2d(24),
        Square(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(24 * 4, len(SHAPES)),
    )
    x = torch.tensor(pixels.transpose(0, 3, 1, 2).astype(np.float32)) / 255
    train(network, x, torch.tensor(labels), 8, 5e-3, 5)
    mixed = np.argsort(np.random.default_rng(1).random(len(test)))
    export(
        "shapes-cnn",
        network,
        torch.tensor(test[mixed].transpose(0, 3, 1, 2).copy()),
        torch.tensor(test_labels[mixed]),
    )


if __name__ == "__main__":
    shapes()
    if len(sys.argv) > 1:
        fashion(pathlib.Path(sys.argv[1]))
