"""Where the example data and models lie, and how they are written: the same bytes at every run."""

import csv
import json
import pathlib
import struct
import zlib

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "examples" / "own-models" / "data"
MODELS = ROOT / "examples" / "own-models" / "models"
EXPECTED = ROOT / "libs" / "compiler" / "test" / "fixtures" / "onnx"


def write_csv(path, header, rows):
    """One header line, then the rows; floats in their shortest text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_expected(name, shape, inputs, outputs, divisor=1):
    """What the program that made a model says of some examples.

    `inputs` is examples × values in the order of the model's own input (`shape`, without the batch), each divided by
    `divisor` before it enters; `outputs` is examples × scores before softmax or sigmoid.
    """
    EXPECTED.mkdir(parents=True, exist_ok=True)
    inputs = np.asarray(inputs)
    outputs = np.asarray(outputs, dtype=np.float64)
    content = {
        "shape": list(shape),
        "divisor": divisor,
        "inputs": inputs.reshape(len(inputs), -1).tolist(),
        "outputs": outputs.reshape(len(outputs), -1).tolist(),
    }
    (EXPECTED / f"{name}.json").write_text(json.dumps(content, separators=(",", ":")) + "\n")


def write_png(path, pixels):
    """An 8-bit RGB image, height × width × 3, without filters (PNG specification, chapters 5 and 11)."""
    height, width, _ = pixels.shape
    lines = b"".join(b"\0" + row.tobytes() for row in pixels.astype(np.uint8))

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(lines, 9))
        + chunk(b"IEND", b"")
    )
