"""Loops of the runner."""

from __future__ import annotations

from typing import Any

from mmagic.engine.runner import MultiTestLoop
from mmagic.registry import LOOPS


@LOOPS.register_module()
class RestorationTestLoop(MultiTestLoop):
    """MMagic's ``MultiTestLoop`` that returns its metrics, as MMEngine's loop does.

    It takes any evaluator class without a warning. Arguments are those of
    ``MultiTestLoop``.
    """

    def _build_evaluators(self, evaluator: Any) -> list:
        evaluators = evaluator if isinstance(evaluator, (list, tuple)) else [evaluator]
        return [self._runner.build_evaluator(e) for e in evaluators]

    def run(self) -> dict[str, float]:
        """Restore and evaluate all samples.

        Returns:
            Metrics of all data sets, name → number; the same on every process.
        """
        super().run()
        return {k: v for e in self.evaluators for k, v in getattr(e, 'averages', {}).items()}
