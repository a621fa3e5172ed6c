"""A study in a database: trials that processes share, that survive them and are never made twice."""

from __future__ import annotations

import itertools
import logging
import random
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nm_core.tuning.errors import TuningError
from nm_core.tuning.spaces import Space

if TYPE_CHECKING:
    from optuna import Study
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler
    from optuna.storages import RDBStorage
    from optuna.trial import FrozenTrial

_ATTEMPTS = 40


@contextmanager
def open_study(
    name: str, address: str, identity: Mapping[str, Any], *, pruner: str, lost_after: int
) -> Iterator[Study]:
    """Give the study of that name, which is made where there is none, and close its database at the end.

    Args:
        address: the database, `sqlite:///study.db`.
        identity: what its trials have in common; the study must have been made for the same.
        lost_after: seconds without a sign after which the trial of another process is given up.

    Raises:
        TuningError: the database cannot be opened, or the study is one of something else.
    """
    import optuna
    from optuna.pruners import HyperbandPruner, MedianPruner, NopPruner

    pruners: dict[str, type[BasePruner]] = {"median": MedianPruner, "hyperband": HyperbandPruner, "none": NopPruner}
    storage = _storage(address, lost_after)
    try:
        direction = identity["direction"]
        study = optuna.create_study(
            storage=storage, study_name=name, direction=direction, pruner=pruners[pruner](), load_if_exists=True
        )
        older = study.user_attrs.get("search")
        if older is None:
            study.set_user_attr("search", dict(identity))
        elif older != dict(identity):
            differing = [key for key in identity if older.get(key) != identity[key]]
            what = "\n".join(f"  {key}: {older.get(key)} there, {identity[key]} now" for key in differing)
            raise TuningError(
                f'The study "{name}" in {address} searched for something else:\n{what}\n'
                "  Give this search another name: --study NAME."
            )
        yield study
    finally:
        storage.remove_session()
        storage.engine.dispose()


def grid(spaces: Mapping[str, Space]) -> list[dict[str, Any]]:
    """Return every combination of values.

    Raises:
        TuningError: a space has no end of values.
    """
    columns = {name: values for name, space in spaces.items() if (values := space.values()) is not None}
    endless = [f"{name}={space}" for name, space in spaces.items() if name not in columns]
    if endless:
        raise TuningError(
            f"A grid needs spaces with an end: {', '.join(endless)}.\n"
            "  Give a range steps (0.0..0.5:step=0.1) or name the values (0.01,0.02,0.05), or take another sampler."
        )
    return [dict(zip(columns, row, strict=True)) for row in itertools.product(*columns.values())]


def sampler(kind: str, seed: int, number: int, point: Mapping[str, Any] | None = None) -> BaseSampler:
    """Return a sampler whose draws follow from the seed and the trial's number, whichever process makes it.

    Args:
        point: the values that it gives, instead of drawing any.
    """
    from optuna.samplers import PartialFixedSampler, RandomSampler, TPESampler

    # Seeded by the trial's number: processes that share a study never draw the same, and one alone draws it again.
    own = random.Random(f"{seed}/{number}").getrandbits(32)
    if point is not None:
        return PartialFixedSampler(dict(point), RandomSampler(seed=own))
    # constant_liar: running trials of other processes count as bad, so that these do not all try the same point.
    return TPESampler(seed=own, constant_liar=True) if kind == "tpe" else RandomSampler(seed=own)


def requeue(study: Study, trial: FrozenTrial) -> None:
    """Let the values of a trial that did not come to its end be tried once more."""
    study.enqueue_trial(values_of(trial))


def values_of(trial: FrozenTrial) -> dict[str, Any]:
    """Return the values that a trial has, or will have when its turn comes."""
    return {**trial.system_attrs.get("fixed_params", {}), **trial.params}


@contextmanager
def without_chatter() -> Iterator[None]:
    """Keep Optuna from talking: what happens is said in our own words."""
    import optuna

    logger = logging.getLogger("optuna")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        logger.setLevel(level)


def _storage(address: str, lost_after: int) -> RDBStorage:
    """Open the database; several processes may make its tables at the same time."""
    from optuna.storages import RDBStorage
    from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError

    # SQLite locks the whole file; processes that share a study wait longer than its five seconds.
    connection = {"connect_args": {"timeout": 60}} if address.startswith("sqlite") else {}
    for attempt in itertools.count(1):
        try:
            return RDBStorage(
                address,
                engine_kwargs=connection,
                heartbeat_interval=max(1, lost_after // 4),
                grace_period=lost_after,
                heartbeat_stale_trial_callback=requeue,
            )
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise TuningError(
                f'"{address}" is no database that can be used here: {error}\n'
                "  Give an address such as sqlite:///study.db, or postgresql://user@host/name and its driver."
            ) from error
        except DatabaseError as error:
            if attempt == _ATTEMPTS or "unable to open" in str(error):
                raise TuningError(f"{address} cannot be opened: {error.orig}.") from error
            time.sleep(0.05)
    raise AssertionError


def outcome(trial: FrozenTrial) -> str:
    """Return the outcome of a trial: done, pruned, invalid, failed, running, or an empty text."""
    for word in ("invalid", "failed"):
        if word in trial.user_attrs:
            return word
    return {"COMPLETE": "done", "PRUNED": "pruned", "RUNNING": "running"}.get(trial.state.name, "")
