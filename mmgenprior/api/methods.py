"""Methods by their name: each is what the config files of ``configs/_base_`` say, for any prior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mmgenprior.api.arguments import ArgumentError, check_name
from mmgenprior.config_lookup import config_folders
from mmgenprior.damages import DamageChain
from mmgenprior.utils.plain import merged, plain

# What belongs to a comparison in a paper, and not to a restoration.
_LEFT_OUT = ('baselines', 'back_projection')


@dataclass(frozen=True)
class Method:
    """A row of the table.

    Attributes:
        about: One line on it.
        bases: Names in ``configs/_base_``: the one that has the prior is taken, else the first.
        by_damage: Kind of damage → name there, of methods that are set for a task.
        default_prior: Name in the catalogue of the prior it takes where none is given and no face
            prior serves; None for any.
        has_prior: Whether it searches a generator.
        fuses: Whether it is a fusion over what the configs say, by trained weights
            (``options=dict(checkpoint=FILE)``).
    """

    about: str
    bases: Sequence[str]
    by_damage: Mapping[str, str] = field(default_factory=dict)
    default_prior: str | None = None
    has_prior: bool = True
    fuses: bool = False


METHODS: dict[str, Method] = {
    'gaussnewton': Method(
        'least squares on the latent, then its posterior; says how sure it is; the default',
        ('gaussnewton_digiface64', 'gaussnewton_dcgan64', 'gaussnewton_biggan64'),
    ),
    'csgm': Method('search of the latent alone, Bora et al. 2017', ('csgm_dcgan64', 'csgm_pggan')),
    'iagan': Method(
        'CSGM, then latent and weights together, Abu Hussein et al. 2020',
        ('iagan_dcgan64', 'iagan_pggan_sr'),
    ),
    'mapd': Method(
        "the latent, under the discriminator's judgement, Yeh et al. 2018",
        ('mapd',),
        dict(
            sr='mapd_sr4',
            hole='mapd_inpaint',
            grey='mapd_color',
            noise='mapd_denoise',
            quantized='mapd_quant',
        ),
        'dcgan_toyfaces',
    ),
    'dgp': Method(
        "latent and generator, block by block, in the discriminator's features, Pan et al. 2020",
        ('dgp64_reconstruct', 'dgp_reconstruct'),
        dict(sr='dgp64_sr4_mse', hole='dgp64_inpaint', grey='dgp64_color'),
        'biggan_toyfaces',
    ),
    'mganprior': Method(
        'several latent codes for one image, Gu et al. 2020',
        ('mganprior64_repair',),
        dict(sr='mganprior64_sr', grey='mganprior64_color'),
        'pggan_toyfaces',
    ),
    'bigprior': Method(
        'mGANprior weighed with the photo by a trained φ (checkpoint=FILE), El Helou et al. 2022',
        ('mganprior64_repair',),
        dict(sr='mganprior64_sr', grey='mganprior64_color'),
        'pggan_toyfaces',
        fuses=True,
    ),
    'dip': Method(
        'no prior: an untrained network, Ulyanov et al. 2018', ('dip64',), has_prior=False
    ),
}


def check_options(name: str, options: Mapping[str, Any]) -> None:
    """See that a method has what it cannot do without.

    Raises:
        ArgumentError: If it has not.
    """
    if METHODS[name].fuses and not options.get('checkpoint'):
        raise ArgumentError(
            f"method '{name}' needs a φ that was trained for this damage: "
            "options=dict(checkpoint='FILE'), --options checkpoint=FILE; docs/bigprior.md trains "
            'one in minutes'
        )


def base_config(name: str) -> dict[str, Any]:
    """``model`` of a file in ``configs/_base_``, as plain data.

    Raises:
        ArgumentError: If the configs are not there.
    """
    from mmengine.config import Config

    for folder in config_folders():
        path = folder / '_base_' / f'{name}.py'
        if path.is_file():
            return plain(Config.fromfile(path, import_custom_modules=False).model)
    raise ArgumentError(f"the package lacks its config '_base_/{name}.py': install it again")


def method_config(
    name: str, prior: Any, damage: DamageChain, options: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Config of the editor of a method, for a prior and a damage.

    Args:
        name: Key of :data:`METHODS`.
        prior: Name in the catalogue, config, or a prior or generator itself; None for methods
            without one.
        damage: What is to be undone, for methods that are set for a task.
        options: Further arguments of the editor, e.g. ``dict(samples=0)``; stages are merged by
            their names: ``dict(stages=dict(descent=dict(iterations=10)))``.

    Raises:
        ArgumentError: If there is no such method.
    """
    check_name('method', name, METHODS)
    method = METHODS[name]
    bases = [method.by_damage[d.kind] for d in damage.damages if d.kind in method.by_damage]
    configs = [base_config(base) for base in (bases[:1] or method.bases)]
    config = next((c for c in configs if _prior_name(c) == prior), configs[0])
    config = {key: value for key, value in config.items() if key not in _LEFT_OUT}
    if method.has_prior:
        config['prior'] = _prior_config(config.get('prior'), prior)
    if method.fuses:
        config = dict(type='BIGPrior', prior_editor=config)
    return merged(config, {'maps': True, 'clamp': False, **(options or {})})


def _prior_name(config: Mapping[str, Any]) -> str | None:
    prior = config.get('prior')
    return prior.get('name') if isinstance(prior, Mapping) else prior


def _prior_config(own: Any, prior: Any) -> Any:
    """The prior that was asked for, with what the method says of any (how latents are drawn)."""
    if not isinstance(prior, str):
        return prior
    kept = own if isinstance(own, Mapping) and own.get('type') == 'zoo' else {}
    return {**kept, 'type': 'zoo', 'name': prior}
