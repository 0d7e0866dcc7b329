"""Fits delay = a * distance + b on flights-20k.json of npm's vega-datasets, and writes it as scikit-learn's converter would.

    /usr/bin/python3 scripts/models/flights.py node_modules/vega-datasets/data/flights-20k.json
"""

import json
import os
import sys

import numpy as np
from onnx import TensorProto, helper, save

OUT = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "own-models", "models", "flights-linear.onnx")

with open(sys.argv[1], encoding="utf-8") as file:
    rows = json.load(file)
distance = np.array([row["distance"] for row in rows], dtype=np.float64)
delay = np.array([row["delay"] for row in rows], dtype=np.float64)
slope, intercept = np.polyfit(distance, delay, 1)
node = helper.make_node(
    "LinearRegressor",
    ["features"],
    ["delay"],
    domain="ai.onnx.ml",
    coefficients=[float(slope)],
    intercepts=[float(intercept)],
    targets=1,
)
graph = helper.make_graph(
    [node],
    "flights",
    [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, 1])],
    [helper.make_tensor_value_info("delay", TensorProto.FLOAT, [None, 1])],
)
opsets = [helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 1)]
save(helper.make_model(graph, opset_imports=opsets, ir_version=8), OUT)
print(f"delay = {slope:.6f} * distance + {intercept:.4f}, of {len(rows)} flights")
