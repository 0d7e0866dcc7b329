"""Models in the files of Keras 3 (`.keras`) and Keras 2 (`.h5`), and what they give.

Keras is not needed: files are laid out as it lays them out, with h5py and zipfile, and expected outputs are computed with
NumPy in double precision. Run with Python 3, scikit-learn 1.2 and h5py 3.7:

    python3 scripts/models/keras.py
    npx prettier --write libs/formats/test/fixtures/keras
"""

import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
from sklearn.datasets import load_wine

FIXTURES = Path(__file__).resolve().parents[2] / "libs" / "formats" / "test" / "fixtures" / "keras"
#: Zip archives and HDF5 files with one date are the same bytes each time.
DATE = (2026, 1, 1, 0, 0, 0)
SQUARE = {"module": "builtins", "class_name": "function", "config": "square", "registered_name": "square"}
EXAMPLES = 8


def layer3(class_name, name, **config):
    """A layer as Keras 3 serialises it."""
    return {
        "module": "keras.layers",
        "class_name": class_name,
        "config": {"name": name, "trainable": True, "dtype": "float32", **config},
        "registered_name": None,
    }


def layer2(class_name, name, **config):
    return {"class_name": class_name, "config": {"name": name, "trainable": True, "dtype": "float32", **config}}


def dense(units, activation="linear"):
    return {"units": units, "activation": activation, "use_bias": True, "kernel_regularizer": None}


def conv(filters, kernel, padding="valid", strides=(1, 1), activation="linear"):
    return {
        "filters": filters,
        "kernel_size": list(kernel),
        "strides": list(strides),
        "padding": padding,
        "data_format": "channels_last",
        "dilation_rate": [1, 1],
        "groups": 1,
        "activation": activation,
        "use_bias": True,
    }


def norm(axis):
    return {"axis": axis, "momentum": 0.99, "epsilon": 0.001, "center": True, "scale": True}


def h5_bytes(write):
    """Bytes of an HDF5 file without times of creation."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", track_order=False) as file:
        write(file)
    return buffer.getvalue()


def put(group, name, values):
    group.create_dataset(name, data=values, track_times=False)


def write_keras(name, config, variables):
    """`.keras`: variables of each layer by the path that Keras 3 counts them under."""

    def write(file):
        for path, values in variables.items():
            group = file.create_group(path).create_group("vars")
            for i, value in enumerate(values):
                put(group, str(i), value)

    members = {
        "metadata.json": json.dumps({"keras_version": "3.6.0", "date_saved": "2026-01-01@00:00:00"}),
        "config.json": json.dumps(config),
        "model.weights.h5": h5_bytes(write),
    }
    with zipfile.ZipFile(FIXTURES / f"{name}.keras", "w") as archive:
        for member, content in members.items():
            archive.writestr(zipfile.ZipInfo(member, DATE), content)


def write_h5(name, config, weights, is_fixed=True):
    """`.h5` of Keras 2: groups by the layers' names, with the scope's name once more inside."""

    def write(file):
        file.attrs["keras_version"] = "2.11.0"
        file.attrs["backend"] = "tensorflow"
        # Of fixed length, as Keras writes bytes; other writers make text of variable length.
        text = json.dumps(config)
        file.attrs["model_config"] = np.bytes_(text) if is_fixed else text
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [layer["config"]["name"].encode() for layer in config["config"]["layers"]]
        for layer in config["config"]["layers"]:
            layer_name = layer["config"]["name"]
            group = root.create_group(layer_name)
            named = weights.get(layer_name, {})
            group.attrs["weight_names"] = [f"{layer_name}/{key}:0".encode() for key in named]
            for key, value in named.items():
                put(group, f"{layer_name}/{key}:0", value)

    (FIXTURES / f"{name}.h5").write_bytes(h5_bytes(write))


def write_expected(name, inputs, outputs):
    rows = {"inputs": np.asarray(inputs, np.float64).tolist(), "outputs": np.asarray(outputs, np.float64).tolist()}
    (FIXTURES / f"{name}.json").write_text(json.dumps(rows) + "\n")


def glorot(random, *shape):
    fan = np.prod(shape[:-1]) + shape[-1]
    return random.uniform(-1, 1, shape).astype(np.float32) * np.float32(np.sqrt(6 / fan))


def batch_norm(x, gamma, beta, mean, variance, epsilon=0.001):
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def convolve(x, kernel, bias, padding):
    """NHWC, stride 1; `same` pads the end with the odd element."""
    height, width = kernel.shape[:2]
    if padding == "same":
        top, left = (height - 1) // 2, (width - 1) // 2
        x = np.pad(x, ((0, 0), (top, height - 1 - top), (left, width - 1 - left), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (height, width), axis=(1, 2))
    return np.einsum("nyxcij,ijcf->nyxf", windows, kernel) + bias


def pool(x, size):
    n, height, width, channels = x.shape
    h, w = height // size, width // size
    return x[:, : h * size, : w * size].reshape(n, h, size, w, size, channels).mean(axis=(2, 4))


def mlp(random):
    """Wine: standardised by the model, one square, a normalisation, three logits. Its names start at 5: nothing reads them."""
    x = load_wine().data.astype(np.float32)[::22][:EXAMPLES]
    every = load_wine().data
    mean, variance = every.mean(0).astype(np.float32), every.var(0).astype(np.float32)
    k1, b1 = glorot(random, 13, 10), random.normal(0, 0.1, 10).astype(np.float32)
    k2, b2 = glorot(random, 10, 3), random.normal(0, 0.1, 3).astype(np.float32)
    stats = [random.uniform(low, high, 10).astype(np.float32) for low, high in [(0.5, 1.5), (-0.2, 0.2), (0.5, 1.5), (0.5, 2)]]
    hidden = ((x.astype(np.float64) - mean) / np.sqrt(variance)) @ k1 + b1
    outputs = batch_norm(hidden**2, *stats) @ k2 + b2
    layers3 = [
        layer3("InputLayer", "input_layer_5", batch_shape=[None, 13], sparse=False),
        layer3("Normalization", "normalization_5", axis=[-1], invert=False, mean=None, variance=None),
        layer3("Dense", "dense_5", **dense(10, SQUARE)),
        layer3("BatchNormalization", "batch_normalization_5", **norm(-1)),
        layer3("Dropout", "dropout_5", rate=0.2),
        layer3("Dense", "dense_6", **dense(3, "softmax")),
    ]
    config = {"module": "keras", "class_name": "Sequential", "config": {"name": "wine", "layers": layers3}}
    variables = {
        "layers/normalization": [mean, variance, np.int32(0)],
        "layers/dense": [k1, b1],
        "layers/batch_normalization": stats,
        "layers/dropout": [],
        "layers/dense_1": [k2, b2],
    }
    write_keras("wine-mlp", config, variables)
    write_expected("wine-mlp", x, outputs)
    old = {
        "class_name": "Sequential",
        "config": {
            "name": "wine",
            "layers": [
                layer2("InputLayer", "dense_input", batch_input_shape=[None, 13], sparse=False, ragged=False),
                layer2("Normalization", "normalization", axis=[-1], invert=False, mean=None, variance=None),
                layer2("Dense", "dense", **dense(10, "square")),
                layer2("BatchNormalization", "batch_normalization", **norm([1])),
                layer2("Dropout", "dropout", rate=0.2, noise_shape=None, seed=None),
                layer2("Dense", "dense_1", **dense(3)),
                layer2("Activation", "activation", activation="softmax"),
            ],
        },
    }
    names = ["gamma", "beta", "moving_mean", "moving_variance"]
    weights = {
        "normalization": {"mean": mean, "variance": variance, "count": np.int64(0)},
        "dense": {"kernel": k1, "bias": b1},
        "batch_normalization": dict(zip(names, stats)),
        "dense_1": {"kernel": k2, "bias": b2},
    }
    write_h5("wine-mlp", old, weights)
    wide = {layer: {key: value.astype(np.float64) for key, value in named.items() if key != "count"} for layer, named in weights.items()}
    write_h5("wine-mlp-float64", old, wide, is_fixed=False)


def tensor3(name):
    return {"class_name": "__keras_tensor__", "config": {"shape": [None], "dtype": "float32", "keras_history": [name, 0, 0]}}


def functional3(name, layers, products=()):
    """A chain as Keras 3 writes a functional model; products multiply what they get with itself."""
    for before, layer in zip([None, *layers], layers):
        layer["name"] = layer["config"]["name"]
        layer["inbound_nodes"] = []
        if before is not None:
            tensor = tensor3(before["name"])
            args = [[tensor, tensor]] if layer["name"] in products else [tensor]
            layer["inbound_nodes"] = [{"args": args, "kwargs": {}}]
    ends = {"input_layers": [[layers[0]["name"], 0, 0]], "output_layers": [[layers[-1]["name"], 0, 0]]}
    return {"module": "keras", "class_name": "Functional", "config": {"name": name, "layers": layers, **ends}}


def cnn(random):
    """Images of 8×8×2: two convolutions, one of them of each channel alone, pools, a sigmoid."""
    x = random.integers(0, 256, (EXAMPLES, 8, 8, 2)).astype(np.float32)
    k1, b1 = glorot(random, 3, 3, 2, 4), random.normal(0, 0.1, 4).astype(np.float32)
    kd, bd = glorot(random, 3, 3, 4, 2), random.normal(0, 0.1, 8).astype(np.float32)
    k2, b2 = glorot(random, 8, 1), random.normal(0, 0.1, 1).astype(np.float32)
    half = [value.astype(np.float16) for value in (k1, b1, kd, bd, k2, b2)]

    def evaluate(k1, b1, kd, bd, k2, b2):
        hidden = convolve(x.astype(np.float64) / 127.5 - 1, k1, b1, "same") ** 2
        pooled = pool(hidden, 2)
        channels = [convolve(pooled[..., c : c + 1], kd[:, :, c : c + 1], 0, "valid") for c in range(4)]
        depthwise = np.concatenate(channels, axis=-1) + bd
        return (depthwise**2).mean(axis=(1, 2)) @ k2 + b2

    flat = x.reshape(EXAMPLES, -1)
    depthwise = {**conv(1, (3, 3)), "depth_multiplier": 2}
    del depthwise["filters"]
    layers = [
        layer3("InputLayer", "image", batch_shape=[None, 8, 8, 2]),
        layer3("Rescaling", "rescaling_3", scale=1 / 127.5, offset=-1.0),
        layer3("Conv2D", "conv2d_3", **conv(4, (3, 3), "same", activation=SQUARE)),
        layer3("AveragePooling2D", "pool", pool_size=[2, 2], strides=[2, 2], padding="valid", data_format="channels_last"),
        layer3("DepthwiseConv2D", "depthwise", **depthwise),
        layer3("Multiply", "multiply_3"),
        layer3("GlobalAveragePooling2D", "mean", data_format="channels_last", keepdims=False),
        layer3("Dense", "answer", **dense(1, "sigmoid")),
    ]
    variables = {
        "layers/rescaling": [],
        "layers/conv2d": half[:2],
        "layers/depthwise_conv2d": half[2:4],
        "layers/multiply": [],
        "layers/dense": half[4:],
    }
    write_keras("image-cnn-float16", functional3("image", layers, {"multiply_3"}), variables)
    write_expected("image-cnn-float16", flat, evaluate(*[value.astype(np.float64) for value in half]))
    chain = [
        layer2("InputLayer", "image", batch_input_shape=[None, 8, 8, 2]),
        layer2("Rescaling", "rescaling", scale=1 / 127.5, offset=-1),
        layer2("Conv2D", "block/conv", **conv(4, (3, 3), "same")),
        layer2("Activation", "square", activation="square"),
        layer2("AveragePooling2D", "pool", pool_size=[2, 2], strides=[2, 2], padding="valid", data_format="channels_last"),
        layer2("DepthwiseConv2D", "depthwise", **{**depthwise, "activation": "square"}),
        layer2("GlobalAveragePooling2D", "mean", data_format="channels_last", keepdims=True),
        layer2("Reshape", "reshape", target_shape=[-1]),
        layer2("Dense", "answer", **dense(1, "sigmoid")),
    ]
    for before, layer in zip([None, *chain], chain):
        layer["name"] = layer["config"]["name"]
        layer["inbound_nodes"] = [] if before is None else [[[before["name"], 0, 0, {}]]]
    ends = {"input_layers": [["image", 0, 0]], "output_layers": [["answer", 0, 0]]}
    old = {"class_name": "Functional", "config": {"name": "image", "layers": chain, **ends}}
    weights = {
        "block/conv": {"kernel": k1, "bias": b1},
        "depthwise": {"depthwise_kernel": kd, "bias": bd},
        "answer": {"kernel": k2, "bias": b2},
    }
    write_h5("image-cnn", old, weights)
    write_expected("image-cnn", flat, evaluate(k1, b1, kd, bd, k2, b2))


def bad_files():
    """Files that a reader refuses and that need HDF5 to be written."""

    def one(values, **options):
        return lambda file: file.create_dataset("layers/dense/vars/0", data=values, track_times=False, **options)

    (FIXTURES / "packed.weights.h5").write_bytes(h5_bytes(one(np.zeros((13, 3), np.float32), compression="gzip")))
    (FIXTURES / "transposed.weights.h5").write_bytes(h5_bytes(one(np.zeros((3, 13), np.float32))))
    (FIXTURES / "complete.weights.h5").write_bytes(h5_bytes(one(np.ones((13, 3), np.float32))))
    (FIXTURES / "not-finite.weights.h5").write_bytes(h5_bytes(one(np.full((13, 3), np.nan, np.float32))))

    def declared(file):
        # A billion weights that nothing was written of: HDF5 lays them out when they are written.
        file.create_dataset("layers/dense/vars/0", (10**9,), "float32", track_times=False)

    (FIXTURES / "declared.weights.h5").write_bytes(h5_bytes(declared))

    def external(file):
        file["layers/dense/vars/0"] = h5py.ExternalLink("/etc/hostname", "/weights")

    (FIXTURES / "external.weights.h5").write_bytes(h5_bytes(external))

    def circle(file):
        file.create_group("layers")
        file["layers/dense"] = file["layers"]

    (FIXTURES / "circle.weights.h5").write_bytes(h5_bytes(circle))
    (FIXTURES / "weights-only.h5").write_bytes(h5_bytes(lambda file: put(file.create_group("dense"), "kernel:0", np.ones((13, 3), np.float32))))


if __name__ == "__main__":
    FIXTURES.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(20261126)
    mlp(generator)
    cnn(generator)
    bad_files()
