"""The local classifier beside scikit-learn's LinearSVC on the same split."""

import json
import os
import statistics
import time

from harness.processes import run
from harness.table import Figure, not_measured

SETS = ["banking77", "clinc150"]


def read(path):
    with open(path) as file:
        lines = [json.loads(line) for line in file]
    return [line["text"] for line in lines], [line["label"] for line in lines]


def linear_svc(folder, passes):
    """Word 1-2 and character 3-5 grams, the peer's usual best on these sets; and how many texts a second it predicts."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics import accuracy_score, f1_score
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    texts, labels = read(f"{folder}/train.jsonl")
    features = make_union(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True))
    pipeline = make_pipeline(features, LinearSVC()).fit(texts, labels)
    texts, labels = read(f"{folder}/dev.jsonl")
    rates = []
    for _ in range(passes):
        began = time.process_time()
        guesses = pipeline.predict(texts)
        rates.append(len(texts) / (time.process_time() - began))
    return {"macroF1": f1_score(labels, guesses, average="macro"), "accuracy": accuracy_score(labels, guesses), "textsPerSecond": rates}


def run_row(context):
    folder = os.environ.get("BENCH_DATA")
    if not folder:
        return [not_measured("local classifier", ">= 50,000 texts/s a core, macro-F1 >= LinearSVC", "needs BENCH_DATA: a folder of banking77 and clinc150")]
    figures = []
    for name in SETS:
        ours = json.loads(run([f"{context.bin}/Benchmarks", "classifier", f"{folder}/{name}", "--passes", str(context.rounds)]))
        peer = linear_svc(f"{folder}/{name}", context.rounds)
        context.note("classifier", {"set": name, "ours": ours, "LinearSVC": peer})
        rate, peer_rate = statistics.median(ours["textsPerSecond"]), statistics.median(peer["textsPerSecond"])
        context.say(f"  {name}: {rate:.0f} texts/s, macro-F1 {ours['macroF1']:.4f}, LinearSVC {peer['macroF1']:.4f}")
        figures += [
            Figure(f"local classifier on {name}, texts/s a core", f"{rate:,.0f}", f"LinearSVC {peer_rate:,.0f}", rate / peer_rate, ">= 50,000", rate >= 50_000),
            Figure(f"local classifier on {name}, macro-F1", f"{ours['macroF1']:.4f}", f"LinearSVC {peer['macroF1']:.4f}", ours["macroF1"] / peer["macroF1"], ">= 1 x", ours["macroF1"] >= peer["macroF1"]),
        ]  # fmt: skip
    return figures
