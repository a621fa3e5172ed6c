"""Command lines: words in an order that nobody would write."""

from pathlib import Path
from random import Random

from mutations import TOKENS

from targets.commands import run_command
from targets.golden import SPEECH, TRANSLATION, copy_golden

COMMANDS = {
    "check": ("--set", "--backend", "--json"),
    "train": ("--max-steps", "--max-epochs", "--work-dir", "--save", "--set", "--resume", "--restart", "--placement")
    + ("--precision", "--seed", "--json", "--quiet", "--backend"),
    "eval": ("--set", "--placement", "--precision", "--seed", "--json", "--backend"),
    "infer": ("--task", "--graph", "--set", "--placement", "--precision", "--json", "--backend", "--seed"),
    "draw": ("--graph", "--format", "-o", "--unfold", "--set", "--json"),
    "diff": ("--json", "--backend"),
    "runs": ("--json",),
    "plot": ("-o", "--json", "--smooth", "--curve", "--log"),
    "modules": ("--collection", "--json"),
    "collections": ("--json",),
    "new": ("collection", "--output", "-o"),
    "explain": ("--json",),
    "tokenizer": ("train", "encode", "-o", "--vocabulary-size", "--kind", "--json"),
    "version": ("--json",),
    "completion": ("bash", "zsh", "fish"),
}
FLAGS = ("--json", "--quiet", "--resume", "--restart", "--log")
OPTION_VALUES = {
    "--max-steps": ("1", "2", "0", "-1", "9" * 25, "x"),
    "--max-epochs": ("1", "2", "0", "-1", "9" * 25, "1.5"),
    "--placement": ("cpu", "auto", "cuda", "cuda:7", "gpuu", ""),
    "--precision": ("fp32", "bf16", "fp16", "tf32", "x"),
    "--seed": ("0", "1", "-1", "9" * 40, "x"),
    "--graph": ("train", "dev", "listen", "acoustic", "x", ""),
    "--task": ("transcribe", "translate", "x", ""),
    "--format": ("svg", "mermaid", "dot", "x"),
    "--unfold": ("acoustic", "*", "x", "["),
    "--collection": ("asr", "nlp", "x", ""),
    "--kind": ("word", "character", "sentencepiece", "x"),
    "--vocabulary-size": ("10", "30", "0", "-1", "9" * 12),
    "--backend": ("torch", "x", ""),
    "--smooth": ("0", "0.9", "1", "-1", "nan", "x"),
    "--curve": ("loss", "learning_rate", "x", ""),
}
ODD = 0.15
"""How often a word is any odd text, rather than one that fits its place."""

PLACES = (
    "speech.yaml",
    "translation_word.yaml",
    "saved/speech",
    "checkpoints/speech",
    "checkpoints",
    "run",
    ".",
    "missing",
)
FILES = ("0.wav", "tones.jsonl", "text.en", "words.json", "x.zip", "x.svg", "out/x.svg", "nothing/here")
SETTINGS = (
    *("train.max_steps", "train.max_epochs", "train.optimizer.lr", "train.optimizer", "train.policy.horizon"),
    *(
        "train.log_every",
        "train.callbacks",
        "train.optimize",
        "train",
        "eval.metrics",
        "seed",
        "rate",
        "labels",
        "bands",
    ),
    *(
        "data.batch_size",
        "data.manifest",
        "data.augmentation",
        "encoder.blocks",
        "encoder",
        "greedy.frame_seconds",
        "x",
    ),
)
SETTING_VALUES = (
    "3",
    "0",
    "-1",
    "0.5",
    "1e-3",
    "nan",
    ".inf",
    "null",
    "true",
    "abc",
    "[1, 2]",
    "[]",
    "{}",
    "{a: 1}",
    "$rate",
)
WORDS = {
    "infer": ("0.wav", "1.wav", "missing.wav", "tones.jsonl", ".", "-"),
    "tokenizer": ("train", "encode", "text.en", "text.de", "words.json", "a text", "missing"),
    "explain": ("NM104", "nm101", "NM999", "x"),
    "modules": ("asr.JasperEncoder", "nlp.BLEU", "common.Linear", "asr.X", "Linear", "adam", "x.y.z"),
    "new": ("collection", "birds", "asr", "1x", "a-b", "."),
}
SMALL = ("--set", "train.max_steps=2")


class CommandLines:
    """Any command with any options and words: an exit code for users, one screen, and JSON where it was asked for."""

    def __init__(self, folder: Path) -> None:
        copy_golden(folder, *SPEECH, *TRANSLATION, "saved/speech", "checkpoints/speech")
        self.names = sorted(path.name for path in folder.iterdir())
        self.folder = folder

    def run(self, random: Random, folder: Path) -> str:
        copy_golden(folder, *SPEECH, *TRANSLATION, "saved/speech", "checkpoints/speech")
        command = random.choice(list(COMMANDS))
        words = [command]
        if command in ("check", "train", "eval", "infer", "draw", "diff", "runs", "plot"):
            words.append(_choose_word(random, PLACES))
        if command in ("diff", "plot"):
            words.append(_choose_word(random, PLACES))
        if command in ("infer", "tokenizer", "explain", "modules", "new"):
            words.extend(_choose_word(random, WORDS[command]) for _ in range(random.randint(0, 3)))
        for _ in range(random.randint(0, 3)):
            words.extend(_choose_option(random, COMMANDS[command]))
        if random.random() < 0.05:
            random.shuffle(words)
        if words[0] == "train":
            words.extend(SMALL)  # the last setting wins
        return run_command([word.replace("\x00", "") for word in words], json_lines="--json" in words)


def _choose_option(random: Random, options: tuple[str, ...]) -> list[str]:
    option = random.choice(options)
    if option in FLAGS or not option.startswith("-"):
        return [option]
    if option == "--set":
        return [option, f"{_choose_word(random, SETTINGS)}={_choose_word(random, SETTING_VALUES)}"]
    return [option, _choose_word(random, OPTION_VALUES.get(option, FILES))]


def _choose_word(random: Random, words: tuple[str, ...]) -> str:
    return random.choice(TOKENS) if random.random() < ODD else random.choice(words)
