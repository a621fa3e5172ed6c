"""What importing costs: each statement in fresh interpreters, taken in turns so that a busy machine troubles all alike.

Use: `python benchmarks/imports.py [rounds]`. Prints the median seconds of each and what it adds to `import torch`.
"""

import statistics
import subprocess
import sys
import time

STATEMENTS = {
    "an empty program": "pass",
    "import torch": "import torch",
    "import nm_types": "import nm_types",
    "import nm_core": "import nm_core",
    "import nm_torch": "import nm_torch",
    "import nm_asr": "import nm_asr",
    "nm_asr, first module used": "import nm_asr; nm_asr.JasperEncoder",
    "nm_asr, its listing's modules": (
        "import nm_asr; nm_asr.AudioToTextDataLayer, nm_asr.JasperEncoder, nm_asr.JasperDecoderForCTC, nm_asr.CTCLossNM"
    ),
    "nm_nlp, first module used": "import nm_nlp; nm_nlp.TransformerEncoderNM",
    "nmod modules": "import sys; sys.argv = ['nmod', 'modules']; from nm_core.cli.main import main; main()",
}


def seconds(statement: str) -> float:
    """Run one statement in a new interpreter and return the wall time."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Print a table of medians."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    for statement in STATEMENTS.values():
        seconds(statement)  # compile, and bring the files into memory
    times: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    for _ in range(rounds):
        for name, statement in STATEMENTS.items():
            times[name].append(seconds(statement))
    torch = statistics.median(times["import torch"])
    print(f"{'median of ' + str(rounds):32} {'seconds':>8} {'over torch':>11}")
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:32} {median:8.3f} {median - torch:+11.3f}")


if __name__ == "__main__":
    main()
