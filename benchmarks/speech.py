"""One training step of QuartzNet beside plain PyTorch, and log-mel features beside librosa and torch.stft.

The candidates take turns, so that a busy machine slows all of them; the figures are medians.

    python benchmarks/speech.py --preset quartznet_5x5 --threads 2 --rounds 5
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

import nm_asr
from nm_asr.encoders.description import BlockDescription, read_blocks
from nm_asr.features.mel import MelSpectrogram

BATCH, SECONDS, BANDS, LABELS = 8, 10, 64, 28


class PlainLayer(nn.Sequential):
    """A depthwise and a pointwise convolution, batch normalisation, and an activation where asked."""

    def __init__(self, channels: int, block: BlockDescription, *, stride: int, active: bool) -> None:
        reach = block.dilation * (block.kernel - 1) // 2
        layers: list[nn.Module] = [
            nn.Conv1d(channels, channels, block.kernel, stride, reach, block.dilation, groups=channels, bias=False),
            nn.Conv1d(channels, block.filters, 1, bias=False),
            nn.BatchNorm1d(block.filters, eps=1e-3),
        ]
        super().__init__(*(layers if block.separable else layers[1:]), *([nn.ReLU()] if active else []))


class PlainBlock(nn.Module):
    """Layers, and what is added to them before the last activation."""

    def __init__(self, channels: int, block: BlockDescription) -> None:
        super().__init__()
        widths = [channels] + [block.filters] * (block.repeat - 1)
        self.layers = nn.Sequential(
            *(
                PlainLayer(width, block, stride=block.stride if index == 0 else 1, active=index < block.repeat - 1)
                for index, width in enumerate(widths)
            )
        )
        self.added = None
        if block.residual:
            norm = nn.BatchNorm1d(block.filters, eps=1e-3)
            self.added = nn.Sequential(nn.Conv1d(channels, block.filters, 1, bias=False), norm)

    def forward(self, x_BCT: Tensor) -> Tensor:
        """Return ``[B, filters, t]``."""
        y_BCt = self.layers(x_BCT)
        return (y_BCt if self.added is None else y_BCt + self.added(x_BCT)).relu()


class PlainQuartzNet(nn.Sequential):
    """The encoder without masks, types or layouts: what one writes first."""

    def __init__(self, preset: str) -> None:
        channels, blocks = BANDS, []
        for block in read_blocks(preset):
            blocks.append(PlainBlock(channels, block))
            channels = block.filters
        super().__init__(*blocks)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="quartznet_5x5")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)

    steps = training_steps(arguments.preset)
    print(f"{arguments.preset}, batch {BATCH} x {SECONDS} s, {arguments.threads} threads: one training step")
    compare(steps, arguments.rounds, "s", 1.0)
    torch.set_num_threads(1)
    print("log-mel features of 60 s, one thread")
    compare(front_ends(), 20 * arguments.rounds, "ms", 1e3)


def training_steps(preset: str) -> dict[str, Callable[[], object]]:
    """Return a training step of either network, with the same head, loss, batch and optimizer."""
    frames = SECONDS * 100
    spec_BST, length_B = torch.randn(BATCH, BANDS, frames), torch.full((BATCH,), frames)
    targets_BU, labels_B = torch.randint(0, LABELS, (BATCH, 150)), torch.full((BATCH,), 150)
    ours = nm_asr.JasperEncoder(feat_in=BANDS, blocks=preset)
    plain = PlainQuartzNet(preset)
    count = [sum(parameter.numel() for parameter in network.parameters()) for network in (ours, plain)]
    assert count[0] == count[1]

    def step(encode: Callable[[], tuple[Tensor, Tensor]], network: nn.Module) -> Callable[[], object]:
        head = nm_asr.JasperDecoderForCTC(feat_in=1024, num_classes=LABELS)
        optimizer = torch.optim.SGD([*network.parameters(), *head.parameters()], lr=1e-3)

        def run() -> None:
            encoded_BCt, encoded_len_B = encode()
            log_probs = head(encoder_output=encoded_BCt).transpose(0, 1)
            loss = nn.functional.ctc_loss(log_probs, targets_BU, encoded_len_B, labels_B, blank=LABELS)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

        return run

    half_B = (length_B - 1) // 2 + 1
    return {
        "nm_asr.JasperEncoder": step(lambda: ours(audio_signal=spec_BST, length=length_B), ours),
        "plain PyTorch": step(lambda: (plain(spec_BST), half_B), plain),
    }


def front_ends() -> dict[str, Callable[[], object]]:
    """Return ways to the log-mel features of a minute."""
    import librosa

    rate = 16000
    samples_1T, length_1 = torch.randn(1, 60 * rate), torch.tensor([60 * rate])
    front_end = MelSpectrogram(n_mels=BANDS, preemphasis=0.0, normalize=None)
    window = torch.hann_window(400)
    signal = samples_1T[0].numpy()

    def by_stft() -> Tensor:
        spectrum = torch.stft(samples_1T, 512, 160, 400, window, return_complex=True, pad_mode="constant")
        return (front_end.filters @ spectrum.abs().square() + 1e-7).log()

    def by_librosa() -> object:
        return librosa.feature.melspectrogram(
            y=signal, sr=16000, n_fft=512, hop_length=160, win_length=400, n_mels=BANDS
        )

    return {"nm_asr": lambda: front_end(samples_1T, length_1), "torch.stft": by_stft, "librosa": by_librosa}


def compare(candidates: dict[str, Callable[[], object]], rounds: int, unit: str, scale: float) -> None:
    """Let the candidates take turns and print the median of each."""
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for number in range(rounds + 2):
        for name, candidate in candidates.items():
            start = time.perf_counter()
            candidate()
            if number >= 2:
                taken[name].append(time.perf_counter() - start)
    first = statistics.median(next(iter(taken.values())))
    for name, seconds in taken.items():
        middle = statistics.median(seconds)
        print(f"  {name:22} {scale * middle:7.2f} {unit}   {middle / first:5.2f} times the first")


if __name__ == "__main__":
    main()
