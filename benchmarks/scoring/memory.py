"""What a process that reads texts keeps in memory, each variant in a process of its own."""

import multiprocessing
from pathlib import Path

from models import artefact, corpus, splits
from models.query import Query
from streams.scorer.reader import Reader


def resident(name: str, model: Path | None, data: Path) -> float:
    """Peak resident memory of a fresh process that reads 64 texts so, in MB."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_peak, (name, model, data))


def _peak(name: str, model: Path | None, data: Path) -> float:
    queries = [Query(f"ma commande {number} n'est jamais arrivée") for number in range(64)]
    if "encoder" in name:
        Reader(model, 1, "gate" in name).predict(queries)  # as the scoring process does
        return _most()

    from benchmarks.scoring import variants

    if name == "gate alone":
        variants.gate(artefact.load(model))(queries)
    elif name.startswith("TF-IDF"):
        variants.tf_idf(splits.split(corpus.read(data))["train"])(queries)
    else:
        loaded = artefact.load(model)
        if "pipeline" in name:
            variants.pipeline(loaded, 32 if "32" in name else 1)(queries)
        else:
            (variants.onnx if "ONNX" in name else variants.sorted_fp32)(loaded)(queries)
    return _most()


def _most() -> float:
    status = Path("/proc/self/status").read_text()  # getrusage's maximum is inherited over exec
    return int(status.split("VmHWM:")[1].split()[0]) / 1024
