"""The training loop and the packed sequence, on a tiny network with random weights; runs where the extra `train` is installed."""

import re
from pathlib import Path
from random import Random
from types import SimpleNamespace
from zlib import crc32

import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
transformers = pytest.importorskip("transformers", reason="the extra `train` is not installed")
pytestmark = pytest.mark.train

from agents.training.lessons import (  # noqa: E402
    Showing,
    Teaching,
    schedule,
)
from agents.training.network import (  # noqa: E402
    TrainedNetwork,
    save_adapter,
    with_adapter,
    with_matrices,
)
from agents.training.recipe import Recipe  # noqa: E402
from agents.training.trainer import CHECKPOINT, Trainer, TrainingStatus  # noqa: E402
from schema.errors import WrongUse  # noqa: E402
from tests.agents.fakes import BIOMEDICAL  # noqa: E402
from tests.agents.training.lessons import SKILLS, causes_alone, whole  # noqa: E402

VOCABULARY = 4001
RECIPE = Recipe(rank=8, alpha=16, rate=1e-2, warmup=1, together=2, passes=6, partial_passes=2, name_passes=1, kept_every=2)


class Words:
    """A tokenizer that gives words and signs the same number in every run."""

    def __call__(self, text: str, add_special_tokens: bool) -> dict[str, list[int]]:
        pieces = re.findall(r" ?\w+| ?[^\w\s]|\s", text)
        return {"input_ids": [crc32(piece.encode()) % VOCABULARY for piece in pieces]}


def base(seed: int = 1) -> TrainedNetwork:
    torch.manual_seed(seed)
    config = transformers.LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        initializer_range=0.2,
    )
    return TrainedNetwork(transformers.LlamaForCausalLM(config).to(torch.bfloat16), Words())


def trained(
    folder: Path, showings: list[Showing], recipe: Recipe = RECIPE, stop_at: int | None = None, workers: int = 1
) -> SimpleNamespace:
    folder.mkdir(exist_ok=True)
    network = with_matrices(base(), recipe)
    trainer, told = Trainer(network, Teaching(SKILLS, BIOMEDICAL, recipe), SKILLS, recipe, folder, workers), list[TrainingStatus]()

    def tell(now: TrainingStatus) -> None:
        told.append(now)
        if now.done == stop_at:
            raise KeyboardInterrupt

    try:
        trainer.train(showings, tell)
    except KeyboardInterrupt:
        return SimpleNamespace(stopped=True)
    return SimpleNamespace(network=network, exact=trainer.exact, told=told)


LESSONS = [whole(1), whole(2), causes_alone(3)]


def test_a_question_in_a_packed_sequence_is_answered_as_if_it_were_the_only_one():
    network = base()
    lines, labels = ["\nC1 D1 0111:", "\nC2 D1 0011:", "\nAspirin and more:"], network.label_ids([" none", " treats", " causes"])
    together = network.logits("Text: [C1] Aspirin relieved [D1] headache.", lines, labels)
    alone = [network.logits("Text: [C1] Aspirin relieved [D1] headache.", [line], labels)[0] for line in lines]
    plain = [
        network.model(torch.tensor([network.tokens("Text: [C1] Aspirin relieved [D1] headache.") + network.tokens(line)])).logits[
            0, -1, labels
        ]
        for line in lines
    ]
    for packed, single, whole_logits in zip(together, alone, plain, strict=True):
        assert torch.allclose(packed, single, atol=0.02)
        assert torch.allclose(packed, whole_logits.float(), atol=0.02)
    assert not torch.allclose(together[0], together[2], atol=0.02)


def test_it_learns_what_it_is_shown(tmp_path: Path):
    recipe = RECIPE.model_copy(update={"passes": 80, "name_passes": 0, "shuffled": False})
    told = trained(tmp_path / "a", schedule([whole(1), whole(2)], recipe), recipe).told
    assert told[-1].loss < 0.3 * told[0].loss


def test_a_run_that_was_stopped_goes_on_and_comes_out_the_same(tmp_path: Path):
    showings = schedule(LESSONS, RECIPE)
    through = trained(tmp_path / "through", showings)
    assert trained(tmp_path / "stopped", showings, stop_at=6).stopped
    again = trained(tmp_path / "stopped", showings)
    assert len(again.told) < len(through.told)
    assert all(torch.equal(one, other) for one, other in zip(through.exact, again.exact, strict=True))


def test_it_comes_out_the_same_on_several_cores(tmp_path: Path):
    showings = schedule(LESSONS, RECIPE)
    one, several = (trained(tmp_path / str(workers), showings, workers=workers) for workers in (1, 3))
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(one.exact, several.exact, strict=True))


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path: Path):
    showings = schedule(LESSONS, RECIPE)
    assert trained(tmp_path, showings, stop_at=6).stopped
    with pytest.raises(WrongUse, match=CHECKPOINT):
        trained(tmp_path, showings, RECIPE.model_copy(update={"rate": 2e-2}))
    with pytest.raises(WrongUse, match="of other lessons"):
        trained(tmp_path, schedule(LESSONS[:2], RECIPE))


def test_what_is_saved_answers_as_what_was_trained(tmp_path: Path):
    run = trained(tmp_path, schedule(LESSONS, RECIPE))
    save_adapter(run.network, run.exact, tmp_path / "adapter")
    read = with_adapter(base(), tmp_path / "adapter")
    labels = run.network.label_ids([" none", " treats", " causes"])
    lines = [f"\nC{Random(number).randint(1, 3)} D1 0111:" for number in range(4)]
    with torch.no_grad():
        one, other = (network.logits("Text: [C1] Aspirin.", lines, labels).softmax(-1) for network in (run.network, read))
    assert torch.allclose(one, other, atol=0.02)
    assert (tmp_path / "adapter" / "adapter_model.safetensors").stat().st_size < 200_000


def test_the_log_tells_the_loss_at_each_checkpoint(tmp_path: Path):
    trained(tmp_path, schedule(LESSONS, RECIPE))
    assert len((tmp_path / "training.jsonl").read_text().splitlines()) >= 4
