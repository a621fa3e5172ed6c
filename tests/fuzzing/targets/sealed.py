"""Damage to folders that carry a manifest of sizes and sums, with and without sealing them anew."""

import hashlib
import json
from pathlib import Path
from random import Random

from mutations import mutate_bytes, mutate_data

from nm_torch.checkpoint import plain


def damage_folder(random: Random, folder: Path) -> None:
    """Damage a file of the folder; in half of the cases write its size and sum into the manifest, as a forger would."""
    path = random.choice(sorted(path for path in folder.rglob("*") if path.is_file()))
    content = path.read_bytes()
    if path.suffix == ".json" and random.random() < 0.7:
        path.write_text(json.dumps(mutate_data(random, json.loads(content))), encoding="utf-8", errors="surrogatepass")
    elif random.random() < 0.1:
        path.unlink()
    else:
        path.write_bytes(mutate_bytes(random, content, head=random.choice((None, 300))))
    if random.random() < 0.6:
        _seal(folder)


def _seal(folder: Path) -> None:
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_bytes())
        files = manifest["files"]
        for name in files:
            content = (folder / name).read_bytes()
            files[name] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    except (ValueError, OSError, KeyError, TypeError, AttributeError):
        return  # the manifest itself is what was damaged
    if manifest.pop("seal", None) is None:
        path.write_text(json.dumps(manifest), encoding="utf-8", errors="surrogatepass")
    else:
        path.write_bytes(plain.encode({**manifest, "seal": hashlib.sha256(plain.encode(manifest)).hexdigest()}))
