"""Fit calibration maps on one gold file, measure on another, both ways of reading; what is read is paid for once.

python -m benchmarks.small_reader.calibration Train.PubTator Dev.PubTator --home HOME [--model embedded|URL] [--train 80] [--dev 60] [--votes 10]
"""

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.common import options_of
from flows.home.homes import open_home
from flows.quality.evaluate import EvaluationRequest, calibrate_reader, evaluate_reading

MEASURES = ("ece", "brier", "skill", "average_precision")


def measured(options: argparse.Namespace, way: str) -> dict[str, Any]:
    settings = {"model": options.model, "model_name": options.name, "reading": way, "votes": options.votes}
    home = open_home(options.home, settings)
    fitted = calibrate_reader(home, EvaluationRequest((options.train_file,), limit=options.train))
    told = evaluate_reading(home, EvaluationRequest((options.dev_file,), limit=options.dev), options.out / way if options.out else None)
    sides = {side: told[side] for side in ("raw", "calibrated")}
    return {
        "reader": told["reader"],
        "fitted on": {"documents": fitted["documents"]["evaluated"], "claims": sum(c["claims"] for c in fitted["curves"].values())},
        "curves": {name: f"{c['method']}, {c['right']} of {c['claims']} right" for name, c in fitted["curves"].items()},
        "measured on": {"documents": told["documents"], "claims": told["raw"]["reliability"]["claims"]},
        "share right": round(told["raw"]["reliability"]["base_rate"], 4),
        "held out of the fit": {side: _rounded(fitted["held_out"][side]) for side in sides},
        **{side: _rounded(figures["reliability"]) for side, figures in sides.items()},
        "95 %": {side: {key: [round(v, 3) for v in figures["intervals"][key]] for key in MEASURES} for side, figures in sides.items()},
        "F1 of pairs, best threshold": {side: round(figures["extraction"]["pair"]["best"]["f1"], 3) for side, figures in sides.items()},
        "cost": [fitted["cost"], told["cost"]],
    }


def _rounded(found: dict[str, Any]) -> dict[str, float | None]:
    return {key: None if found[key] is None else round(found[key], 4) for key in MEASURES}


def main() -> None:
    parser = options_of(__doc__)
    parser.add_argument("train_file", type=Path)
    parser.add_argument("dev_file", type=Path)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--name")
    parser.add_argument("--ways", default="labels,votes")
    parser.add_argument("--train", type=int)
    parser.add_argument("--dev", type=int)
    parser.add_argument("--votes", type=int, default=10)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    for way in options.ways.split(","):
        print(json.dumps({way: measured(options, way)}, indent=1), flush=True)


if __name__ == "__main__":
    main()
