"""Seven zero-shot tasks of a model: answers of `secateur eval` against those of lm-evaluation-harness, item by item.

    python check_zeroshot.py rows DATA ROWS 200        rows of the data sets in the fields of their original files
    python check_zeroshot.py race MODEL ROWS 2         both programs in turns, 2 rounds: the seconds of each, then all answers
    python check_zeroshot.py check MODEL ROWS FILE     answers of `secateur eval --tasks all --json FILE --samples` on ROWS

DATA holds copies of the data sets as people pass them on: JSON Lines, some of them packed. The harness runs its own tasks by
their names, on its hf backend in float32; only the loading of data sets is turned to ROWS.
"""
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TASKS = ["boolq", "piqa", "hellaswag", "winogrande", "arc_easy", "arc_challenge", "openbookqa"]
BATCH = 16


def labelled(row, **fields):
    labels = [chr(ord("A") + i) for i in range(len(row["choices"]))]
    return {**fields, "choices": {"text": row["choices"], "label": labels}, "answerKey": labels[row["gold"]]}


def original(task, row):
    if task == "hellaswag":
        activity, _, scene = row["query"].partition(": ")
        return {"activity_label": activity, "ctx_a": scene, "ctx_b": "", "endings": row["choices"], "label": str(row["gold"])}
    if task in ("arc_easy", "arc_challenge"):
        return labelled(row, question=row["question"])
    if task == "openbookqa":
        return labelled(row, question_stem=row["question_stem"])
    return row


def write_rows(data, out, limit):
    out.mkdir(parents=True, exist_ok=True)
    for task in TASKS:
        [file] = data.glob(f"{task}.*.jsonl*")
        with (gzip.open if file.suffix == ".gz" else open)(file, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line, _ in zip(lines, range(limit))]
        text = "".join(json.dumps(original(task, row), ensure_ascii=False) + "\n" for row in rows)
        (out / f"{task}.jsonl").write_text(text, encoding="utf-8")


def rows_of(folder):
    return {task: [json.loads(line) for line in (folder / f"{task}.jsonl").open(encoding="utf-8")] for task in TASKS}


def harness(model, rows):
    import datasets
    import lm_eval
    import torch
    import transformers

    def load(path, name=None, **_):
        known = {"boolq": "boolq", "ARC-Easy": "arc_easy", "ARC-Challenge": "arc_challenge", "main": "openbookqa"}
        task = known.get(name) or next(task for task in TASKS if task in path)
        split = datasets.Dataset.from_list(rows[task])
        return datasets.DatasetDict(train=split.select([0]), validation=split, test=split)

    datasets.load_dataset = load
    print(f"lm-eval {lm_eval.__version__}, transformers {transformers.__version__}, torch {torch.__version__}, {torch.get_num_threads()} threads")
    started = time.time()
    found = lm_eval.simple_evaluate(
        model="hf",
        model_args={"pretrained": str(model), "dtype": "float32"},
        tasks=TASKS,
        batch_size=BATCH,
        device="cpu",
        bootstrap_iters=0,
    )
    return found, time.time() - started


def check(model, folder, answers):
    found, _ = harness(model, rows_of(folder))
    compare(found, json.loads(answers.read_text(encoding="utf-8")))


def compare(found, ours):
    """Item by item: choices, log-likelihoods, then both metrics (theirs, ours)."""
    print(f"{'task':<14} {'items':>5} {'choices':>8} {'largest difference':>19} {'acc':>15} {'acc_norm':>15}")
    worst = 0
    for task in TASKS:
        samples = sorted(found["samples"][task], key=lambda sample: sample["doc_id"])
        mine = ours["tasks"][task]["samples"]
        assert len(samples) == len(mine), task
        same, difference = 0, 0
        for sample, item in zip(samples, mine):
            theirs = [float(one[0]) for one in sample["filtered_resps"]]
            assert len(theirs) == len(item["logLikelihoods"]), (task, sample["doc_id"])
            difference = max(difference, *(abs(a - b) for a, b in zip(theirs, item["logLikelihoods"])))
            right = {metric: choice == item["gold"] for metric, choice in item["choice"].items()}
            same += all(sample[metric] == right[metric] for metric in right) and best(theirs) == item["choice"]["acc"]
        cells = []
        for metric in ("acc", "acc_norm"):
            value = found["results"][task].get(f"{metric},none")
            own = ours["tasks"][task]["metrics"].get(metric)
            cells.append("-" if own is None else f"{value:.4f} {own['value']:.4f}")
            assert own is None or abs(value - own["value"]) < 1e-12, (task, metric)
        assert same == len(samples), f"{task}: {len(samples) - same} predictions differ"
        choices = sum(len(item["logLikelihoods"]) for item in mine)
        print(f"{task:<14} {same:>5} {choices:>8} {difference:>19.2e} {cells[0]:>15} {cells[1]:>15}")
        worst = max(worst, difference)
    assert worst < 1e-3, worst
    print("every prediction is the same, every log-likelihood within 1e-3")


def race(model, folder, rounds):
    """Loading the model, tokenising and compiling are in the seconds of both, starting Node in ours, importing Python's
    packages not in theirs. No answer is kept."""
    rows = rows_of(folder)
    files = [argument for task in TASKS for argument in ("--data", f"{task}={folder / f'{task}.jsonl'}")]
    program = Path(__file__).parents[2] / "adapters/cli/dist/bin.js"
    command = ["node", str(program), "eval", str(model), "--tasks", "all", *files, "--json", "--samples"]
    for turn in range(rounds):
        with tempfile.TemporaryDirectory() as cache:
            started = time.time()
            env = {**os.environ, "SECATEUR_CACHE": cache}
            answers = subprocess.run(command, check=True, capture_output=True, env=env).stdout
            ours = time.time() - started
        found, theirs = harness(model, rows)
        print(f"round {turn + 1}: secateur {ours:.0f} s, harness {theirs:.0f} s, ratio {theirs / ours:.2f}", flush=True)
    compare(found, json.loads(answers))


def best(values):
    return values.index(max(values))


if __name__ == "__main__":
    mode, *rest = sys.argv[1:]
    if mode == "rows":
        write_rows(Path(rest[0]), Path(rest[1]), int(rest[2]))
    elif mode == "race":
        race(Path(rest[0]), Path(rest[1]), int(rest[2]))
    else:
        check(Path(rest[0]), Path(rest[1]), Path(rest[2]))
