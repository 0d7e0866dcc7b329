"""Vectors of libs/metrics: random predictions, and what scikit-learn and SciPy say of them.

    python3 scripts/vectors/metrics.py

Needs NumPy, SciPy and scikit-learn (written with 1.24, 1.10 and 1.2). Numbers are written so that they read back as the
same doubles. Where scikit-learn has no function (Brier's score of classes, the calibration error) the definition is
written out here, apart from ours.
"""

import json
import pathlib

import numpy as np
from scipy.special import expit, softmax
from scipy.stats import binomtest
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

OUT = pathlib.Path(__file__).parents[2] / "libs" / "metrics" / "test" / "vectors"
rng = np.random.default_rng(20240117)


def write(name, value):
    def plain(item):
        return item.tolist() if isinstance(item, (np.ndarray, np.generic)) else str(item)

    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / f"{name}.json").write_text(json.dumps(value, default=plain) + "\n")


def averages(targets, decisions, names=("macro", "micro"), **options):
    found = {}
    for average in names:
        p, r, f, _ = sk.precision_recall_fscore_support(
            targets, decisions, average=average, zero_division=0, **options
        )
        suffix = "" if average == "binary" else average.capitalize()
        found.update({f"precision{suffix}": p, f"recall{suffix}": r, f"f1{suffix}": f})
    return found


def per_class(targets, decisions, labels):
    columns = sk.precision_recall_fscore_support(targets, decisions, labels=labels, average=None, zero_division=0)
    return dict(zip(["precision", "recall", "f1", "support"], columns))


def reliability(truth, probability):
    """Counts by bin, and calibration_curve for the bins that are not empty."""
    bins = np.searchsorted(np.linspace(0, 1, 11)[1:-1], probability)
    counts = np.bincount(bins, minlength=10)
    frequency, confidence = calibration_curve(truth, probability, n_bins=10, strategy="uniform")
    filled = counts[counts > 0]
    error = np.sum(filled * np.abs(frequency - confidence)) / len(truth)
    return error, {"counts": counts, "frequency": frequency, "confidence": confidence}


def of_classes(task, link, scores, probabilities, targets):
    classes = probabilities.shape[1]
    decisions = np.argmax(probabilities, axis=1)
    top = probabilities.max(axis=1)
    error, table = reliability((decisions == targets).astype(int), top)
    labels = np.arange(classes)
    onehot = np.eye(classes)[targets]
    found = {
        "accuracy": sk.accuracy_score(targets, decisions),
        "balancedAccuracy": sk.balanced_accuracy_score(targets, decisions),
        **averages(targets, decisions),
        "logLoss": sk.log_loss(targets, probabilities, labels=labels),
        "brier": np.mean(np.sum((probabilities - onehot) ** 2, axis=1)),
        "calibrationError": error,
    }
    for k in (2, 3, 5):
        if k < classes:
            found[f"top{k}"] = sk.top_k_accuracy_score(targets, probabilities, k=k, labels=labels)
    if len(set(targets)) == classes:
        found["rocAuc"] = sk.roc_auc_score(targets, probabilities, multi_class="ovr", average="macro")
        found["prAuc"] = sk.average_precision_score(onehot, probabilities, average="macro")
    return {
        "task": task,
        "link": link,
        "width": classes,
        "outputs": scores.ravel(),
        "targets": targets,
        "metrics": found,
        "perClass": per_class(targets, decisions, labels),
        "confusion": sk.confusion_matrix(targets, decisions, labels=labels),
        "reliability": table,
    }


def of_binary(link, scores, probability, targets, threshold):
    flat = scores if scores.ndim == 1 else scores[:, 1] - scores[:, 0]
    decisions = (flat > threshold).astype(int)
    error, table = reliability(targets, probability)
    return {
        "task": {"kind": "binary"},
        "link": link,
        "width": 1 if scores.ndim == 1 else 2,
        "outputs": scores.ravel(),
        "targets": targets,
        "metrics": {
            "accuracy": sk.accuracy_score(targets, decisions),
            "balancedAccuracy": sk.balanced_accuracy_score(targets, decisions),
            **averages(targets, decisions, ("macro", "micro", "binary")),
            "rocAuc": sk.roc_auc_score(targets, flat),
            "prAuc": sk.average_precision_score(targets, flat),
            "logLoss": sk.log_loss(targets, probability),
            "brier": sk.brier_score_loss(targets, probability),
            "calibrationError": error,
        },
        "perClass": per_class(targets, decisions, [0, 1]),
        "confusion": sk.confusion_matrix(targets, decisions),
        "reliability": table,
    }


def of_labels(link, scores, probabilities, targets, threshold):
    decisions = (scores > threshold).astype(int)
    error, table = reliability(targets.ravel(), probabilities.ravel())
    labels = targets.shape[1]
    return {
        "task": {"kind": "multilabel", "labels": labels},
        "link": link,
        "width": labels,
        "outputs": scores.ravel(),
        "targets": targets.ravel(),
        "metrics": {
            "accuracy": sk.accuracy_score(targets, decisions),
            **averages(targets, decisions),
            "rocAuc": sk.roc_auc_score(targets, scores, average="macro"),
            "prAuc": sk.average_precision_score(targets, scores, average="macro"),
            "logLoss": np.mean([sk.log_loss(targets[:, c], probabilities[:, c]) for c in range(labels)]),
            "brier": np.mean([sk.brier_score_loss(targets[:, c], probabilities[:, c]) for c in range(labels)]),
            "calibrationError": error,
        },
        "perClass": per_class(targets, decisions, None),
        "reliability": table,
    }


def of_regression(outputs, targets):
    return {
        "task": {"kind": "regression", "outputs": outputs.shape[1]},
        "link": "identity",
        "width": outputs.shape[1],
        "outputs": outputs.ravel(),
        "targets": targets.ravel(),
        "metrics": {
            "mae": sk.mean_absolute_error(targets, outputs),
            "rmse": np.mean(np.sqrt(np.mean((targets - outputs) ** 2, axis=0))),
            "r2": sk.r2_score(targets, outputs),
        },
    }


def class_scores(count, classes, strength):
    targets = rng.integers(0, classes, count)
    scores = rng.normal(size=(count, classes))
    scores[np.arange(count), targets] += strength
    return scores, targets


def write_classes():
    scores, targets = class_scores(120, 4, 1.2)
    ten, ten_targets = class_scores(150, 10, 2.0)
    # Eight classes of which two are never true and one is never decided: they count as scikit-learn's defaults have it.
    sparse, sparse_targets = class_scores(60, 6, 1.0)
    wide = np.concatenate([sparse, np.full((60, 2), -50.0)], axis=1)
    wide[:3, 6] = 60
    sure, sure_targets = class_scores(40, 3, 0.0)
    given = softmax(scores, axis=1)
    cases = {
        "four classes": of_classes({"kind": "multiclass", "classes": 4}, "softmax", scores, given, targets),
        "ten classes": of_classes({"kind": "multiclass", "classes": 10}, "softmax", ten, softmax(ten, axis=1), ten_targets),
        "absent classes": of_classes({"kind": "multiclass", "classes": 8}, "softmax", wide, softmax(wide, axis=1), sparse_targets),
        "certain mistakes": of_classes({"kind": "multiclass", "classes": 3}, "softmax", 90 * sure, softmax(90 * sure, axis=1), sure_targets),
        "given probabilities": of_classes({"kind": "multiclass", "classes": 4}, "identity", given, given / given.sum(axis=1, keepdims=True), targets),
    }
    write("multiclass", cases)


def write_binary():
    targets = (rng.random(140) < 0.3).astype(int)
    logits = 1.5 * rng.normal(size=140) + 2 * targets - 1
    tied = np.round(logits)
    two = np.stack([-0.3 * logits, 0.7 * logits], axis=1)
    write(
        "binary",
        {
            "a logit": of_binary("sigmoid", logits, expit(logits), targets, 0),
            "a logit with many ties": of_binary("sigmoid", tied, expit(tied), targets, 0),
            "two logits": of_binary("softmax", two, softmax(two, axis=1)[:, 1], targets, 0),
            "a probability": of_binary("identity", expit(logits), expit(logits), targets, 0.5),
        },
    )


def write_labels():
    targets = (rng.random((100, 5)) < [0.5, 0.3, 0.1, 0.7, 0.2]).astype(int)
    logits = rng.normal(size=(100, 5)) + 2 * targets - 1
    logits[:, 4] = -np.abs(logits[:, 4])  # a label that is never decided
    write(
        "multilabel",
        {
            "logits": of_labels("sigmoid", logits, expit(logits), targets, 0),
            "probabilities": of_labels("identity", expit(logits), expit(logits), targets, 0.5),
        },
    )


def write_regression():
    one = rng.normal(size=(90, 1)) * 20 + 1e4
    three = rng.normal(size=(80, 3)) * [1, 10, 0.1]
    write(
        "regression",
        {
            "one output far from zero": of_regression(one + rng.normal(size=one.shape) * 5, one),
            "three outputs": of_regression(three + rng.normal(size=three.shape) * [0.5, 12, 0.01], three),
        },
    )


def write_intervals():
    wilson = []
    for hits, count in [(0, 1), (1, 1), (0, 20), (7, 20), (20, 20), (9012, 10000), (999_999, 1_000_000)]:
        interval = binomtest(hits, count).proportion_ci(0.95, "wilson")
        wilson.append([hits, count, interval.low, interval.high])
    pairs = [(0, 0), (0, 1), (1, 5), (3, 3), (10, 25), (121, 59), (0, 900), (400, 500), (5000, 5200), (50_000, 51_000)]
    mcnemar = [[a, b, binomtest(a, a + b).pvalue if a + b else 1] for a, b in pairs]
    write("tests", {"wilson": wilson, "mcnemar": mcnemar})


write_classes()
write_binary()
write_labels()
write_regression()
write_intervals()
