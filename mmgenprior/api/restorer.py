"""A prior and a method, ready for photos."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mmgenprior.api.arguments import (
    ArgumentError,
    check_device,
    check_name,
    check_seed,
)
from mmgenprior.api.framework import load_framework, quiet_framework
from mmgenprior.api.kernels import with_kernel
from mmgenprior.api.methods import METHODS, check_options, method_config
from mmgenprior.api.pictures import Photo
from mmgenprior.api.planning import Plan, plan
from mmgenprior.api.priors import default_prior, named_prior, with_weights
from mmgenprior.api.proposal import (
    AUTO,
    LEAST_NOISE,
    Proposal,
    complete,
    noise_levels,
    propose,
)
from mmgenprior.api.restoration import Part, Restoration
from mmgenprior.damages import DamageChain, parse_damage
from mmgenprior.damages.names import BLIND_NOISE
from mmgenprior.photos.values import to_dtype

if TYPE_CHECKING:
    import torch

    from mmgenprior.api.scene import Scene
    from mmgenprior.editors.restoration_editor import Restoration as Restored
    from mmgenprior.editors.restoration_editor import RestorationEditor
    from mmgenprior.priors import Prior

Say = Callable[[str], None]
# Variants that are shown beside the result.
_SHOWN = ('mean', 'sample')


class Restorer:
    """A prior and a method, ready for any number of photos.

    Building it checks the names; weights are fetched and networks built with the first photo.

    Args:
        prior: Name in the catalogue (:func:`mmgenprior.list_priors`), config with a ``type``, or a
            generator; None takes one of real faces, or what the package has where that cannot be
            fetched.
        method: See :func:`mmgenprior.list_methods`.
        device: ``'cpu'``, ``'cuda'``, ``'cuda:1'``; ``'auto'`` takes CUDA where it is.
        seed: Of all that is drawn. A result is a function of photo, settings and seed alone.
        options: Further arguments of the method, as in a config:
            ``dict(stages=dict(descent=dict(iterations=10)))``.
        say: Who is told in one line what was decided.

    Raises:
        ArgumentError: If a name is unknown.
    """

    def __init__(
        self,
        prior: Any = None,
        method: str = 'gaussnewton',
        device: str = 'auto',
        seed: int = 0,
        options: Mapping[str, Any] | None = None,
        say: Say | None = None,
    ) -> None:
        check_name('method', method, METHODS)
        check_device(device)
        check_seed(seed)
        if options is not None and not isinstance(options, Mapping):
            raise ArgumentError(
                f'options={options!r:.60} must be a dict of arguments of the method'
            )
        check_options(method, options or {})
        self.method = method
        self.device = str(device)
        self.seed = seed
        self.options = dict(options or {})
        self.say = say or (lambda line: None)
        self._asked = prior is not None
        own = METHODS[method].default_prior
        self.prior = named_prior(prior) if self._asked else default_prior(own)
        self._ready = False
        self._editors: dict[str, RestorationEditor] = {}
        self._told: set[str] = set()

    # -- before anything heavy ------------------------------------------------------------

    @property
    def size(self) -> int:
        """Side of the prior's pictures; builds the prior where only that tells."""
        if self.prior.size is not None:
            return self.prior.size
        return int(prior_of(self.editor(DamageChain(()))).image_size)

    def plan(
        self,
        photo: Photo,
        damage: str | DamageChain = AUTO,
        known: np.ndarray | None = None,
        as_is: bool | str = False,
        invert_mask: bool = False,
    ) -> tuple[Plan, tuple[str, ...]]:
        """What would be restored of a photo, and where; refuses what cannot work.

        Args:
            photo: See :func:`mmgenprior.api.pictures.read_photo`.
            damage: Its name, a chain, or ``'auto'``.
            known: H×W bool, False in holes.
            as_is: See :func:`restore`.
            invert_mask: See :func:`restore`.

        Returns:
            The plan, and the lines on what was assumed.

        Raises:
            ArgumentError: If it cannot be restored.
        """
        proposal = self._proposal(photo, damage, known, invert_mask)
        chosen = plan(
            photo, proposal.damage, proposal.known, self.prior, self.size, as_is_how=as_is
        )
        said = (*proposal.said, *chosen.said)
        noise = chosen.damage.get('noise')
        if noise is None or noise.value is not None:
            return chosen, said
        # Last, as it is the first that needs torch.
        load_framework()
        levels = noise_levels(photo)
        if damage == AUTO and levels < LEAST_NOISE:
            raise ArgumentError(
                f"'{photo.path or photo.name}': no damage shows (no grey, no flat hole, not small, "
                f'noise of {levels:.1f} levels): say what to repair, e.g. --damage sr4, --mask FILE'
            )
        levels = round(min(max(levels, 0.5), 2 * BLIND_NOISE[1]), 1)
        chosen = dataclasses.replace(chosen, damage=chosen.damage.replaced('noise', levels))
        return chosen, (f'noise: {levels:g} of 255 grey levels, estimated', *said)

    def _proposal(
        self, photo: Photo, damage: str | DamageChain, known: np.ndarray | None, invert: bool
    ) -> Proposal:
        if damage != AUTO:
            return complete(photo, with_kernel(damage, None), known, invert)
        found = propose(photo, known, self.size)
        return found if found.damage.damages else Proposal(parse_damage('noise'), found.known)

    # -- the work -------------------------------------------------------------------------

    def __call__(
        self,
        photo: Photo,
        planned: tuple[Plan, tuple[str, ...]],
        callback: Callable[..., None] | None = None,
        truth: np.ndarray | None = None,
        film: bool = False,
    ) -> Restoration:
        """Restore a photo as planned; see :func:`restore`."""
        chosen, said = planned
        self.prepare()
        load_framework()
        from mmgenprior.api.scene import Scene

        reasons = (self.prior.reason,) if self.prior.reason else ()
        assumed = (*reasons, *said)
        for line in assumed:
            self._tell(photo, line)
        scene = Scene(chosen)
        editor = self.editor(chosen.damage)
        began = time.perf_counter()
        parts, extras, main, frames = self._search(scene, editor, callback, film)
        pictures, maps = _whole(scene, parts, extras, main)
        changed = scene.windows if chosen.placements else None
        return Restoration(
            name=photo.name,
            photo=photo.pixels,
            pixels=pictures[main],
            main=main,
            variants=pictures,
            consistency=scene.consistency(pictures[main], changed),
            parts=tuple(parts),
            settings=self.settings(chosen.damage),
            metrics={} if truth is None else _metrics(pictures[main], truth),
            assumed=assumed,
            seconds=time.perf_counter() - began,
            film=frames,
            known=chosen.known,
            samples=_samples(scene, parts),
            **maps,
        )

    def settings(self, damage: DamageChain | str) -> dict[str, Any]:
        """All that determines a result beside the photo, as data."""
        return dict(
            damage=str(damage),
            prior=self.prior.name if METHODS[self.method].has_prior else 'none',
            method=self.method,
            seed=self.seed,
            options=self.options,
        )

    def _tell(self, photo: Photo, line: str) -> None:
        text = line if line == self.prior.reason else f'{photo.name}: {line}'
        if text not in self._told:
            self._told.add(text)
            self.say(text)

    def prepare(self) -> None:
        """Have the weights on this machine, once; a call does so too.

        Raises:
            UserError: If the prior was named and cannot be had.
        """
        if self._ready:
            return
        if METHODS[self.method].has_prior:
            self.prior = with_weights(self.prior, self._asked)
        self._ready = True

    def _torch_device(self) -> torch.device:
        import torch

        has_cuda = torch.cuda.is_available()
        if self.device == 'auto':
            return torch.device('cuda' if has_cuda else 'cpu')
        if self.device.startswith('cuda') and not has_cuda:
            raise ArgumentError(f"device '{self.device}': there is no CUDA here; leave it out")
        return torch.device(self.device)

    def editor(self, damage: DamageChain) -> RestorationEditor:
        """The editor of the method for a damage, on its device, built once for every config."""
        load_framework()
        from mmagic.registry import MODELS
        from mmengine.registry import DefaultScope

        config = method_config(self.method, self._for_config(), damage, self.options)
        key = json.dumps(config, sort_keys=True, default=lambda value: str(id(value)))
        if key not in self._editors:
            with DefaultScope.overwrite_default_scope('mmagic'), quiet_framework():
                editor = MODELS.build({**config, 'seed': self.seed})
            self._editors[key] = editor.to(self._torch_device()).eval()
        return self._editors[key]

    def _for_config(self) -> Any:
        """The prior as a config takes it; a bare generator becomes a prior."""
        from mmgenprior.priors import Prior

        prior = self.prior.prior
        if isinstance(prior, (str, Mapping, Prior)):
            return prior
        return dict(type='ModulePrior', module=prior)

    def _search(
        self,
        scene: Scene,
        editor: RestorationEditor,
        callback: Callable[..., None] | None,
        film: bool,
    ) -> tuple[list[Part], list[dict[str, np.ndarray]], str, torch.Tensor | None]:
        """What the method makes of every square, in turn: pictures, maps, main variant, film."""
        from mmgenprior.api.film import FilmRecorder
        from mmgenprior.inversion.callbacks import ignore

        recorder = FilmRecorder() if film else None
        listeners = [each for each in (recorder, callback) if each is not None]
        placements = scene.plan.placements or (None,)
        parts: list[Part] = []
        extras: list[dict[str, np.ndarray]] = []
        for index, placement in enumerate(placements):
            measurement = scene.whole() if placement is None else scene.cut(index)
            editor.callback = _shifted(listeners, index) if listeners else ignore
            try:
                ((restored, row),) = editor.restore_measurements([measurement])
            finally:
                editor.callback = ignore
            main = editor.main_of(restored)
            parts.append(_part(placement, restored, row))
            extras.append(_maps(restored, row))
        return parts, extras, main, recorder.frames() if recorder else None


def prior_of(editor: RestorationEditor) -> Prior:
    """The prior of an editor, or of the one that it fuses."""
    return (getattr(editor, 'prior_editor', None) or editor).prior


def _shifted(listeners: Sequence[Callable[..., None]], index: int) -> Callable[..., None]:
    """Listeners that are told which square of the photo is worked on."""

    def tell(stage, iteration, objective, image) -> None:
        stage = dataclasses.replace(stage, first=stage.first + index, last=stage.last + index)
        for listener in listeners:
            listener(stage, iteration, objective, image)

    return tell


def _part(placement: Any, restored: Restored, row: int) -> Part:
    variants = {name: _picture(images[row]) for name, images in restored.variants.items()}
    trace = None if restored.trace is None else restored.trace[:, row].cpu().numpy()
    objective = None if restored.objective is None else float(restored.objective[row])
    drawn = restored.extras.get('samples')
    samples = () if drawn is None else tuple(_picture(image) for image in drawn[row])
    return Part(placement, variants, trace, objective, samples)


def _picture(image: torch.Tensor) -> np.ndarray:
    return image.detach().double().cpu().numpy().transpose(1, 2, 0)


def _maps(restored: Restored, row: int) -> dict[str, np.ndarray]:
    """Maps of a square, size×size, mean over channels; φ, which knows no bound, as a share."""
    names = [name for name in ('std', 'hallucination', 'phi') if name in restored.extras]
    maps = {name: restored.extras[name][row].detach().float().mean(0) for name in names}
    if 'phi' in maps:
        maps['phi'] = maps['phi'].clamp(0, 1)
    return {name: values.cpu().numpy() for name, values in maps.items()}


def _whole(
    scene: Scene, parts: Sequence[Part], extras: Sequence[Mapping[str, np.ndarray]], main: str
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Pictures and maps of the squares at the size of the result."""
    names = [name for name in parts[0].variants if name in (*_SHOWN, main)]
    if parts[0].placement is None:
        pictures = {name: scene.kept_whole(parts[0].variants[name]) for name in names}
        return pictures, dict(extras[0])
    pictures = {name: scene.compose([p.variants[name] for p in parts]) for name in names}
    maps = {name: scene.spread([e[name] for e in extras]) for name in extras[0]}
    if 'std' in maps:
        maps['std'] = scene.with_detail(maps['std'])
    return pictures, maps


def _samples(scene: Scene, parts: Sequence[Part]) -> tuple[np.ndarray, ...]:
    """Draws at the size of the result, the first of every square in the first."""
    if parts[0].placement is None:
        return tuple(scene.kept_whole(image) for image in parts[0].samples)
    return tuple(scene.compose(images) for images in zip(*(part.samples for part in parts)))


def _metrics(pixels: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """PSNR and SSIM of the 8-bit result, as the configs' evaluators have them."""
    from mmagic.evaluation.metrics.psnr import psnr
    from mmagic.evaluation.metrics.ssim import ssim

    result, truth = (to_dtype(p, np.uint8)[..., ::-1].astype(np.float64) for p in (pixels, truth))
    return dict(PSNR=float(psnr(truth, result)), SSIM=float(ssim(truth, result)))
