"""A RAG loop: question, evidence, model, checked answer. The model here is a script that we wrote: it shows the wiring, not a model's wits.

python examples/rag/loop.py [--model http://localhost:8000/v1]
"""

import argparse
import tempfile
from pathlib import Path

import flows as chronokg
from flows.answers.model_answers import answer_for
from flows.home.homes import Home

HERE = Path(__file__).parent
QUESTIONS = (
    "Does flecainide still prevent cardiac arrhythmias?",
    "Does rofecoxib cause myocardial infarction?",
    "Will it rain tomorrow?",
)


def answered(home: Home, question: str) -> str:
    """One turn of the loop: what the user is shown."""
    told = answer_for(home, question, budget=1000)
    if told["answer"] is None:
        return f"{question}\n  {told['text']}"
    facts = {fact["marker"]: fact for fact in told["facts"]}
    lines = [question, f"  {told['answer']}"]
    for marker in told["cited"]:
        fact = facts[marker]
        said = fact["citations"][0]
        held = f"held {fact['since']} to {fact['until']}" if fact["until"] else f"since {fact['since']}"
        lines.append(
            f"  [{marker}] {fact['head_name']} {fact['relation']} {fact['tail_name']}, {held}: {said['document']}, {said['published']}"
        )
    if told["removed"]:
        lines.append(f"  (the model made up {told['removed']}, which was taken out)")
    return "\n".join(lines)


def main() -> None:
    """Ask the demo's graph some questions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=f"scripted:{HERE / 'answers.jsonl'}")
    model = parser.parse_args().model
    with tempfile.TemporaryDirectory() as folder:
        home = chronokg.open_home(Path(folder) / "home", graph="memory:", model=model)
        chronokg.observe_file(home, HERE.parent / "demo" / "curated.jsonl")
        for question in QUESTIONS:
            print(answered(home, question))


if __name__ == "__main__":
    main()
