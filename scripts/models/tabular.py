"""Tables of scikit-learn as CSV, and models of them as ONNX files.

The graphs of scikit-learn's models are written as skl2onnx 1.16 writes them, operator by operator, so that neither that
package nor a runtime is needed. Run with Python 3, scikit-learn 1.2, PyTorch 1.13 and ONNX 1.12:

    python3 scripts/models/tabular.py
"""

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from example_files import DATA, MODELS, write_csv, write_expected

EXAMPLES = 12


def split(x, y, names, label, prefix, stratify):
    """Splits once for all models and writes both parts; the features are what a reader of the CSV gets, as float32."""
    ids = np.array([f"{prefix}-{i:03d}" for i in range(len(x))])
    parts = train_test_split(x, y, ids, test_size=0.3, random_state=7, stratify=y if stratify else None)
    header = ["id", *names, label]
    for part, offset in (("train", 0), ("test", 1)):
        px, py, pid = parts[offset], parts[2 + offset], parts[4 + offset]
        order = np.argsort(pid)
        rows = [[pid[i], *(repr(float(v)) for v in px[i]), py[i]] for i in order]
        write_csv(DATA / f"{prefix}-{part}.csv", header, rows)
    return [np.asarray(p, dtype=np.float32) if i < 2 else p for i, p in enumerate(parts[:4])]


def save(name, nodes, features, outputs, initialisers=()):
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, features])],
        outputs,
        list(initialisers),
    )
    opsets = [helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 1)]
    model = helper.make_model(graph, opset_imports=opsets, producer_name="skl2onnx", producer_version="1.16.0", ir_version=8)
    onnx.checker.check_model(model)
    MODELS.mkdir(parents=True, exist_ok=True)
    (MODELS / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))


def scaler(fitted, source="X", target="scaled"):
    return helper.make_node(
        "Scaler",
        [source],
        [target],
        name="Scaler",
        domain="ai.onnx.ml",
        offset=[float(v) for v in fitted.mean_],
        scale=[float(1 / v) for v in fitted.scale_],
    )


def label_and_zipmap():
    """skl2onnx gives probabilities as a sequence of maps unless it is told otherwise."""
    kind = onnx.TypeProto()
    entries = kind.sequence_type.elem_type.map_type
    entries.key_type = TensorProto.STRING
    entries.value_type.tensor_type.elem_type = TensorProto.FLOAT
    entries.value_type.tensor_type.shape.SetInParent()
    return [
        helper.make_tensor_value_info("output_label", TensorProto.STRING, [None]),
        helper.make_value_info("output_probability", kind),
    ]


def zipmap(source, classes):
    return helper.make_node(
        "ZipMap", [source], ["output_probability"], name="ZipMap", domain="ai.onnx.ml", classlabels_strings=classes
    )


def breast_cancer():
    raw = load_breast_cancer()
    names = [n.replace(" ", "_") for n in raw.feature_names]
    labels = np.array([raw.target_names[t] for t in raw.target])
    train, test, y_train, y_test = split(raw.data, labels, names, "diagnosis", "breast-cancer", True)
    fitted = StandardScaler().fit(train.astype(np.float64))
    scaled, scaled_test = (fitted.transform(p.astype(np.float64)) for p in (train, test))
    features = train.shape[1]

    logistic = LogisticRegression(C=0.5, max_iter=1000).fit(scaled, y_train)
    classes = list(logistic.classes_)
    nodes = [
        scaler(fitted),
        helper.make_node(
            "LinearClassifier",
            ["scaled"],
            ["label", "probability_tensor"],
            name="LinearClassifier",
            domain="ai.onnx.ml",
            classlabels_strings=classes,
            coefficients=[float(v) for v in np.vstack([-logistic.coef_, logistic.coef_]).ravel()],
            intercepts=[float(v) for v in (-logistic.intercept_[0], logistic.intercept_[0])],
            multi_class=1,
            post_transform="LOGISTIC",
        ),
        helper.make_node(
            "Normalizer", ["probability_tensor"], ["probabilities"], name="Normalizer", domain="ai.onnx.ml", norm="L1"
        ),
        helper.make_node("Identity", ["label"], ["output_label"], name="Identity"),
        zipmap("probabilities", classes),
    ]
    save("breast-cancer-logistic", nodes, features, label_and_zipmap())
    write_expected(
        "breast-cancer-logistic", [features], test[:EXAMPLES], logistic.decision_function(scaled_test[:EXAMPLES])
    )
    print("logistic", logistic.score(scaled_test, y_test))

    bayes = GaussianNB().fit(scaled, y_train)
    constants = {
        "theta": bayes.theta_.reshape(1, len(classes), features),
        "sigma": bayes.var_.reshape(1, len(classes), features),
        "log_prior": np.log(bayes.class_prior_).reshape(1, -1),
        "log_sigma": (-0.5 * np.sum(np.log(2.0 * np.pi * bayes.var_), axis=1)).reshape(1, -1),
        "two": np.array([2.0]),
        "minus_half": np.array([-0.5]),
    }
    initialisers = [numpy_helper.from_array(v.astype(np.float32), k) for k, v in constants.items()]
    initialisers.append(numpy_helper.from_array(np.array([-1, 1, features], dtype=np.int64), "by_class"))
    initialisers.append(numpy_helper.from_array(np.array([-1, 1], dtype=np.int64), "column"))
    initialisers.append(helper.make_tensor("classes", TensorProto.STRING, [len(classes)], [c.encode() for c in classes]))
    initialisers.append(numpy_helper.from_array(np.array([-1], dtype=np.int64), "flat"))
    node = helper.make_node
    nodes = [
        scaler(fitted),
        node("Reshape", ["scaled", "by_class"], ["reshaped"], name="Reshape"),
        node("Sub", ["reshaped", "theta"], ["subtracted"], name="Sub"),
        node("Pow", ["subtracted", "two"], ["squared"], name="Pow"),
        node("Div", ["squared", "sigma"], ["divided"], name="Div"),
        node("ReduceSum", ["divided", "axis"], ["summed"], name="ReduceSum", keepdims=0),
        node("Mul", ["summed", "minus_half"], ["halved"], name="Mul"),
        node("Add", ["log_sigma", "halved"], ["part"], name="Add"),
        node("Add", ["part", "log_prior"], ["joint"], name="Add1"),
        node("ArgMax", ["joint"], ["argmax"], name="ArgMax", axis=1),
        node("ArrayFeatureExtractor", ["classes", "argmax"], ["extracted"], name="Extract", domain="ai.onnx.ml"),
        node("Reshape", ["extracted", "flat"], ["output_label"], name="Reshape1"),
        node("ReduceLogSumExp", ["joint"], ["evidence"], name="ReduceLogSumExp", axes=[1], keepdims=0),
        node("Reshape", ["evidence", "column"], ["evidence_column"], name="Reshape2"),
        node("Sub", ["joint", "evidence_column"], ["log_probability"], name="Sub1"),
        node("Exp", ["log_probability"], ["probabilities"], name="Exp"),
        zipmap("probabilities", classes),
    ]
    initialisers.append(numpy_helper.from_array(np.array([2], dtype=np.int64), "axis"))
    save("breast-cancer-bayes", nodes, features, label_and_zipmap(), initialisers)
    write_expected(
        "breast-cancer-bayes", [features], test[:EXAMPLES], bayes._joint_log_likelihood(scaled_test[:EXAMPLES])
    )
    print("bayes", bayes.score(scaled_test, y_test))

    machine = SVC(kernel="poly", degree=2, coef0=1.0, gamma="scale", C=0.3).fit(scaled, y_train)
    nodes = [
        scaler(fitted),
        node(
            "SVMClassifier",
            ["scaled"],
            ["label", "probabilities"],
            name="SVMClassifier",
            domain="ai.onnx.ml",
            classlabels_strings=classes,
            coefficients=[float(v) for v in machine._dual_coef_.ravel()],
            kernel_params=[float(machine._gamma), float(machine.coef0), float(machine.degree)],
            kernel_type="POLY",
            post_transform="NONE",
            rho=[float(v) for v in machine._intercept_],
            support_vectors=[float(v) for v in machine.support_vectors_.ravel()],
            vectors_per_class=[int(v) for v in machine.n_support_],
        ),
        node("Identity", ["label"], ["output_label"], name="Identity"),
    ]
    outputs = [
        helper.make_tensor_value_info("output_label", TensorProto.STRING, [None]),
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2]),
    ]
    save("breast-cancer-svc", nodes, features, outputs)
    write_expected("breast-cancer-svc", [features], test[:EXAMPLES], machine.decision_function(scaled_test[:EXAMPLES]))
    print("svc", machine.score(scaled_test, y_test), "support vectors", machine.n_support_)


class Square(torch.nn.Module):
    def forward(self, x):
        return x * x


class Standardise(torch.nn.Module):
    def __init__(self, mean, deviation):
        super().__init__()
        self.register_buffer("mean", torch.as_tensor(mean, dtype=torch.float32))
        self.register_buffer("deviation", torch.as_tensor(deviation, dtype=torch.float32))

    def forward(self, x):
        return (x - self.mean) / self.deviation


def wine():
    raw = load_wine()
    names = [n.replace("/", "_per_") for n in raw.feature_names]
    labels = np.array([f"cultivar_{t + 1}" for t in raw.target])
    train, test, y_train, y_test = split(raw.data, labels, names, "cultivar", "wine", True)
    classes = sorted(set(labels))
    target = torch.tensor([classes.index(v) for v in y_train])
    torch.manual_seed(1)
    torch.set_num_threads(1)
    network = torch.nn.Sequential(
        Standardise(train.mean(0), train.std(0)),
        torch.nn.Linear(13, 12),
        Square(),
        torch.nn.Linear(12, 3),
    )
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.01, weight_decay=0.3)
    for _ in range(300):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(network(torch.from_numpy(train)), target).backward()
        optimiser.step()
    network.eval()
    with torch.no_grad():
        logits = network(torch.from_numpy(test)).numpy()
    torch.onnx.export(
        torch.nn.Sequential(network, torch.nn.Softmax(dim=1)),
        torch.from_numpy(test[:1]),
        MODELS / "wine-mlp.onnx",
        input_names=["input"],
        output_names=["probabilities"],
        dynamic_axes={"input": {0: "batch"}, "probabilities": {0: "batch"}},
        opset_version=15,
    )
    write_expected("wine-mlp", [13], test[:EXAMPLES], logits[:EXAMPLES])
    print("wine", np.mean([classes[i] == v for i, v in zip(logits.argmax(1), y_test)]))


def diabetes():
    raw = load_diabetes(scaled=False)
    train, test, y_train, y_test = split(raw.data, raw.target, raw.feature_names, "progression", "diabetes", False)
    fitted = StandardScaler().fit(train.astype(np.float64))
    ridge = Ridge(alpha=5.0).fit(fitted.transform(train.astype(np.float64)), y_train.astype(np.float64))
    nodes = [
        scaler(fitted),
        helper.make_node(
            "LinearRegressor",
            ["scaled"],
            ["variable"],
            name="LinearRegressor",
            domain="ai.onnx.ml",
            coefficients=[float(v) for v in ridge.coef_],
            intercepts=[float(ridge.intercept_)],
        ),
    ]
    save("diabetes-ridge", nodes, 10, [helper.make_tensor_value_info("variable", TensorProto.FLOAT, [None, 1])])
    scaled = fitted.transform(test.astype(np.float64))
    write_expected("diabetes-ridge", [10], test[:EXAMPLES], ridge.predict(scaled[:EXAMPLES]))
    print("diabetes R2", ridge.score(scaled, y_test.astype(np.float64)))


if __name__ == "__main__":
    breast_cancer()
    wine()
    diabetes()
