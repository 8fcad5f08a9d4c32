"""The ways of reading texts that are compared; each takes queries and gives probabilities."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import BertConfig, BertForSequenceClassification, BertModel
from transformers import pipeline as make_pipeline
from transformers.tokenization_utils_tokenizers import PreTrainedTokenizerFast

from models import artefact, batches, calibration
from models.data import Row, target_matrix
from models.gate import table
from models.heads import HEADS, LOGIT_OF_HEAD, OUTPUTS, ROLES, role_index
from models.network import SignalNetwork
from models.predictor import Predictor
from models.query import Query
from models.text import encode
from streams.scorer.reader import Reader

_BATCH = 32
Read = Callable[[Sequence[Query]], np.ndarray]


@dataclass(frozen=True)
class Variant:
    """`read` gives probabilities (queries, heads); None where speed alone is compared.

    `sample` is how many of the texts it is timed on: the slow ones on fewer.
    """

    name: str
    read: Callable[[Sequence[Query]], np.ndarray | None]
    sample: int


def reference(loaded: artefact.Artefact) -> SignalNetwork:
    """The network in fp32 with an artefact's weights, dequantised."""
    config, tensors = loaded.config, loaded.tensors
    network = SignalNetwork(BertModel(_bert(loaded), add_pooling_layer=False))
    state = {}
    for name in network.state_dict():
        value, scale = tensors[name], tensors.get(f"{name}.scale")
        state[name] = value if scale is None else value.float() * scale[:, None]
    network.load_state_dict(state)
    assert network.encoder.config.num_hidden_layers == config.layers
    return network.eval()


def _bert(loaded: artefact.Artefact) -> BertConfig:
    return BertConfig(
        vocab_size=len(loaded.tensors["encoder.embeddings.word_embeddings.weight"]),
        hidden_size=loaded.config.hidden,
        num_hidden_layers=loaded.config.layers,
        num_attention_heads=loaded.config.attention_heads,
        intermediate_size=4 * loaded.config.hidden,
        type_vocab_size=len(ROLES),
        layer_norm_eps=loaded.config.epsilon,
        pad_token_id=batches.PAD,
    )


def engine(model: Path | None, cascade: bool) -> Read:
    """Ours, without the cache."""
    predictor = Predictor(model, threads=1, cascade=cascade)

    def read(queries: Sequence[Query]) -> np.ndarray:
        found = predictor.predict(queries)
        return np.array([[one.probabilities[head] for head in HEADS] for one in found])

    return read


def gate(loaded: artefact.Artefact) -> Read:
    """The gate alone, which never says yes: how fast it is, and how little it knows."""
    found = table.load(loaded.tensors, loaded.config.gate)
    assert found is not None

    def read(queries: Sequence[Query]) -> np.ndarray:
        texts = [query.text for query in queries]
        ids = encode(loaded.tokenizer, texts, loaded.config.max_tokens)
        answers = found.read(ids, [role_index(query.role) for query in queries])
        return answers.probabilities[:, list(LOGIT_OF_HEAD)]

    return read


def cached(model: Path | None, cascade: bool) -> Read:
    """Ours as the stream runs it: a cache on text, role, channel and language, begun empty."""
    reader = Reader(model, threads=1, cascade=cascade)

    def read(queries: Sequence[Query]) -> np.ndarray:
        reader.forget()
        found = [
            p for at in range(0, len(queries), 64) for p in reader.predict(queries[at : at + 64])
        ]
        return np.array([[one.probabilities[head] for head in HEADS] for one in found])

    return read


def sorted_fp32(loaded: artefact.Artefact) -> Read:
    """The same weights in fp32 through transformers, sorted by length, batches of 32."""
    network = reference(loaded)

    def run(batch: batches.Batch) -> np.ndarray:
        return np.asarray(network(batch).double().numpy())

    return _calibrated(loaded, run)


def pipeline(loaded: artefact.Artefact, batch: int) -> Callable[[Sequence[Query]], None]:
    """The same encoder as a user would run it: `transformers.pipeline`, in the order given.

    Its head is untrained, so that only its speed means something; `sorted_fp32` has its scores.
    """
    network = reference(loaded)
    model = BertForSequenceClassification(_bert(loaded))
    model.bert.load_state_dict(network.encoder.state_dict(), strict=False)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=loaded.tokenizer, pad_token="<pad>", model_max_length=512
    )
    run = make_pipeline(
        "text-classification", model=model.eval(), tokenizer=tokenizer, device="cpu"
    )

    def read(queries: Sequence[Query]) -> None:
        texts = [query.text for query in queries]
        run(texts, batch_size=batch, truncation=True, max_length=loaded.config.max_tokens)

    return read


def onnx(loaded: artefact.Artefact) -> Read:
    """ONNX Runtime in fp32, sorted by length, batches of 32, one thread."""
    import onnxruntime

    network = reference(loaded)
    ids = torch.ones((2, 8), dtype=torch.long)
    one = torch.zeros(2, dtype=torch.long)
    names = ["ids", "mask", "roles", "channels"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.onnx"
        torch.onnx.export(
            _Plain(network),
            (ids, ids, one, one),
            str(file),
            input_names=names,
            output_names=["logits"],
            dynamic_axes={
                name: {0: "rows", **({1: "tokens"} if name in ("ids", "mask") else {})}
                for name in names
            },
            dynamo=False,
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"]
        )

    def run(batch: batches.Batch) -> np.ndarray:
        fed = (batch.ids, batch.mask, batch.roles, batch.channels)
        given = {name: value.numpy() for name, value in zip(names, fed, strict=True)}
        return np.asarray(session.run(["logits"], given)[0], dtype=np.float64)

    return _calibrated(loaded, run)


class _Plain(torch.nn.Module):
    """The network with plain arguments, as an export wants them."""

    def __init__(self, network: SignalNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        ids: torch.Tensor,
        mask: torch.Tensor,
        roles: torch.Tensor,
        channels: torch.Tensor,
    ) -> torch.Tensor:
        return self.network(batches.Batch(ids, mask, roles, channels, torch.zeros(0)))


def _calibrated(loaded: artefact.Artefact, run: Callable[[batches.Batch], np.ndarray]) -> Read:
    fitted = calibration.read(loaded.config.calibration)

    def read(queries: Sequence[Query]) -> np.ndarray:
        logits = np.zeros((len(queries), len(OUTPUTS)))
        with torch.inference_mode():
            for index, batch in batches.in_order(
                queries, loaded.tokenizer, _BATCH, loaded.config.max_tokens
            ):
                logits[index] = run(batch)
        languages = [query.lang for query in queries]
        return fitted.apply(logits, languages)[:, list(LOGIT_OF_HEAD)]

    return read


def tf_idf(train: Sequence[Row]) -> Read:
    """Words and characters, TF-IDF, logistic regression: the cheap end."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_union

    union = make_union(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=2, sublinear_tf=True),
    )
    matrix = union.fit_transform([row.text for row in train])
    targets = target_matrix(train)[:, list(LOGIT_OF_HEAD)]
    models: list[Any] = [
        LogisticRegression(C=10.0, max_iter=1000).fit(matrix, targets[:, column])
        for column in range(len(HEADS))
    ]

    def read(queries: Sequence[Query]) -> np.ndarray:
        found = union.transform([query.text for query in queries])
        return np.stack([model.predict_proba(found)[:, 1] for model in models], axis=1)

    return read
