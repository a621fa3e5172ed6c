"""Checks of weights in files, ties, freezing and checkpoints; and of settings that a backend refuses."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nm_core.testing.backends.backend_hooks import SuiteTools, Task
from nm_core.testing.backends.recorders import Notes
from nm_core.testing.expectations import different, equal, expect_error, hold


class WeightChecks(SuiteTools):
    """Weights, ties and checkpoints survive; what does not fit is refused."""

    def nets(self, session: Any, *names: str, seed: int = 0) -> dict[str, Any]:
        """Return linear modules by name, each with weights of its own."""
        nets = {}
        for name in names:
            with session.seeded(seed, name):
                nets[name] = self.linear(2, 2, name=name)
        return nets

    def matrix_name(self, net: Any) -> str:
        """Return the name of the weight with two axes."""
        return next(name for name, value in self.weights(net).items() if isinstance(value[0], list))

    def test_new_weights_depend_on_seed_and_name_only(self) -> None:
        """Inside `seeded` draws follow from seed and name; the caller's generator is given back, after errors too."""
        session = self.session()
        first, second = self.nets(session, "one", "other").values()
        self.draw()
        copy = self.nets(session, "one")["one"]
        do = "Seed the generator from (seed, name) on entering, and give its state back in a `finally`."
        equal(self.predict(copy), self.predict(first), "weights made twice under one seed and name", do, tolerance=0)
        different(self.predict(second), self.predict(first), "weights made under two names", do)
        moved = self.nets(session, "one", seed=1)["one"]
        different(self.predict(moved), self.predict(first), "weights made under two seeds", do)
        self.seed(5)
        expected = self.draw()
        self.seed(5)
        with expect_error("An error inside seeded", do, KeyError), session.seeded(0, "net"):
            raise KeyError("planned")
        equal(self.draw(), expected, "the caller's next number after seeded", do, tolerance=0)

    def test_a_seed_makes_modules_of_classes_repeat(self) -> None:
        """`seed_generator` seeds what modules draw from that are made by their classes."""
        session, do = self.session(), "Seed the framework's own generator, as its users do."
        session.seed_generator(5)
        expected = self.draw()
        session.seed_generator(5)
        equal(self.draw(), expected, "the next number after seed_generator(5)", do, tolerance=0)
        session.seed_generator(6)
        different(self.draw(), expected, "the next number after seed_generator(6)", do)

    def test_weights_go_to_a_file_and_back(self) -> None:
        """Another module of the same shape computes bitwise what the saved one did."""
        session = self.session()
        saved, loaded = self.nets(session, "one", "other").values()
        with TemporaryDirectory() as folder:
            path = Path(folder) / "one.safetensors"
            session.save_weights(saved, path)
            session.load_weights(loaded, path)
        do = "Write every weight of the module, all its digits, and read them into the module in place."
        equal(self.predict(loaded), self.predict(saved), "predictions with weights from a file", do, tolerance=0)

    def test_weights_that_do_not_fit_are_refused(self) -> None:
        """A file of another shape, a damaged and a missing one are errors of ours, and the module is as it was."""
        session = self.session()
        net = self.nets(session, "net")["net"]
        before = self.predict(net)
        do = "Compare names and shapes before you change anything, and name every difference."
        with TemporaryDirectory() as folder:
            wide, damaged = Path(folder) / "wide.safetensors", Path(folder) / "damaged.safetensors"
            session.save_weights(self.linear(2, 3, name="wide"), wide)
            damaged.write_bytes(b"no weights")
            for path in (wide, damaged, Path(folder) / "missing.safetensors"):
                with expect_error(f"Loading {path.stem} weights", do):
                    session.load_weights(net, path)
        equal(self.predict(net), before, "predictions after files that were refused", do, tolerance=0)

    def test_weights_are_taken_in_part_where_it_is_said(self) -> None:
        """With `partial` what fits is taken, the rest stays as it was, and the report names every weight of both."""
        session = self.session()
        net = self.nets(session, "net")["net"]
        wide = self.linear(2, 3, name="wide")
        before, wide_weights = self.weights(net), self.weights(wide)
        matrix, *others = sorted(before, key=lambda name: name != self.matrix_name(net))
        do = "Take weights whose name and shape fit, leave the others, and return a LoadedWeights of what you did."
        with TemporaryDirectory() as folder:
            path = Path(folder) / "wide.safetensors"
            session.save_weights(wide, path, without=others)
            report = session.load_weights(net, path, partial=True, renamed=lambda name: f"old.{name}")
            equal(sorted(report.missing), sorted(before), "weights that are not in the file", do)
            equal(list(report.unexpected), [f"old.{matrix}"], "weights that are only in the file, renamed", do)
            report = session.load_weights(net, path, partial=True)
            equal(list(report.mismatched), [matrix], "weights of another shape", do)
            equal(self.weights(net), before, "weights of which none fit", do, tolerance=0)
            session.save_weights(wide, Path(folder) / "all.safetensors")
            loaded = self.linear(2, 3, name="again")
            places = {name: (Path(folder) / "all.safetensors", name) for name in others}
            report = session.load_weights(loaded, path, elsewhere=places)
            equal(sorted(report.loaded), sorted(before), "weights loaded, some from another file", do)
        equal(self.weights(loaded), wide_weights, "weights from two files", do, tolerance=0)

    def test_tied_weights_stay_one(self) -> None:
        """They have the first one's values, learn together, and tying them again changes nothing."""
        task = self.task()
        tied = self.nets(task.session, "other")["other"]
        weight = self.matrix_name(task.net)
        modules = {"net": task.net, "other": tied}
        before = self.weights(task.net)[weight]
        for _ in range(2):
            task.session.tie(modules, f"net.{weight}", f"other.{weight}")
        do = "Let both modules hold one weight, the first one's; an update of one is an update of the other."
        equal(self.weights(tied)[weight], before, "the second weight after a tie", do, tolerance=0)
        self.train(task, max_steps=2)
        equal(self.weights(tied)[weight], self.weights(task.net)[weight], "tied weights after training", do)
        different(self.weights(tied)[weight], before, "a tied weight before and after training", do)
        with expect_error("A tie of a weight that is not there", "Raise an error that names the weights there are."):
            task.session.tie(modules, f"net.{weight}", "other.no_such_weight")
        with expect_error("A tie of weights of two shapes", "Compare shapes before you tie, and name both."):
            task.session.tie(modules | {"wide": self.linear(2, 3, name="wide")}, f"net.{weight}", f"wide.{weight}")

    def test_frozen_weights_do_not_learn(self) -> None:
        """Those that match stay bitwise, the others learn; the matches are counted."""
        task = self.task()
        weight, before = self.matrix_name(task.net), self.weights(task.net)
        do = "Leave weights that match out of every update; `*` is one part of a name, `**` any number."
        equal(task.session.freeze({"net": task.net}, f"net.{weight}"), 1, "weights that match a whole name", do)
        equal(task.session.freeze({"net": task.net}, "nothing.**"), 0, "weights that match nothing", do)
        self.train(task, max_steps=2)
        after = self.weights(task.net)
        for name, value in before.items():
            if name == weight:
                equal(after[name], value, "a frozen weight after training", do, tolerance=0)
            else:
                different(after[name], value, f"{name}, which is not frozen, before and after training", do)
        equal(task.session.freeze({"net": task.net}, "net.**"), len(before), "weights that match net.**", do)

    def test_a_checkpoint_goes_on_exactly(self) -> None:
        """Another session with other weights resumes, callbacks' state included, and ends as the uninterrupted run."""
        do = "Write weights, optimizer, counts and callbacks' states; restore them before on_start."
        with TemporaryDirectory() as folder:
            uninterrupted, path = self._train_with_checkpoint(Path(folder))
            for resume in (path, "auto"):
                session = self.session(work_dir=Path(folder))
                task = self._noisy(session, seed=9)
                resumed = Notes()
                result = self.train(task, max_steps=8, callbacks=[resumed], resume=resume)
                what = f"weights after resume={'a path' if resume == path else resume!r}"
                equal(self.predict(task.net), self.predict(uninterrupted.net), what, do, tolerance=0)
                equal([result.step, result.samples], [8, 14], "step and samples after resuming", do)
                equal(resumed.select("start"), [("start", 3)], "the state of a callback at on_start", do)

    def test_a_checkpoint_that_is_none_is_refused(self) -> None:
        """An unknown path is an error of ours; "auto" in an empty folder begins anew."""
        with TemporaryDirectory() as folder:
            session = self.session(work_dir=Path(folder))
            do = "Read and verify the checkpoint before anything is changed; name its path in the error."
            with expect_error("Resuming from a path without a checkpoint", do):
                self.train(self._noisy(session), max_steps=2, resume=Path(folder) / "nothing")
            result = self.train(self._noisy(session), max_steps=2, resume="auto")
            equal(result.step, 2, "the step after resume='auto' in an empty folder", "Begin anew there.")

    def test_settings_that_it_does_not_have_are_refused(self) -> None:
        """A placement, a precision or a strategy of an unknown name is an error of ours, at the latest in an action."""
        for setting in ("placement", "precision", "strategy"):
            do = f"Know every {setting} that you accept by name, and refuse others with what there is."
            with expect_error(f'{setting}="no_such_{setting}"', do):
                session = self.session(**{setting: f"no_such_{setting}"})
                self.train(self.task(session), max_steps=1)

    def _noisy(self, session: Any, seed: int = 0) -> Task:
        return self.task(session, seed=seed, through=self.noise)

    def _train_with_checkpoint(self, folder: Path) -> tuple[Task, Path]:
        """Train eight steps with a checkpoint after the third; return the task and the checkpoint."""
        session = self.session(work_dir=folder)
        task = self._noisy(session)
        notes = Notes(at=3, act=lambda run: run.request_checkpoint())
        result = self.train(task, max_steps=8, callbacks=[notes])
        events = notes.select("checkpoint")
        do = "Write a checkpoint at the step boundary after run.request_checkpoint(), then call on_checkpoint."
        hold(len(events) == 1 and events[0][1] == 3, f"on_checkpoint was told {events} after a request in step 3.", do)
        equal(result.checkpoint, events[0][2], "the checkpoint of the result", do)
        return task, events[0][2]
