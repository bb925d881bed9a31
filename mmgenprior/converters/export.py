"""From what a training left to a prior that fits into one file and one catalogue entry."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from mmagic.registry import MODELS
from mmengine.config import Config

from mmgenprior.converters.from_config import discriminator_of_config, prior_of_config
from mmgenprior.utils.errors import CheckpointError, UserError
from mmgenprior.weights.hashes import file_sha256
from mmgenprior.weights.reading import read_checkpoint, select_state
from mmgenprior.weights.writing import cast_state, write_state

State = dict[str, torch.Tensor]


def collect_weights(content: Mapping, dtype: torch.dtype | None = torch.float16) -> State:
    """The averaged generator, or else the generator itself, and the discriminator if there is one.

    Args:
        content: What :func:`mmgenprior.weights.reading.read_checkpoint` returns of a checkpoint
            of the Runner.
        dtype: Precision of all real numbers, None for that of the file. Half precision changes a
            picture by less than its 8 bits show, and halves the file.

    Returns:
        Tensors under ``generator.`` and ``discriminator.``.

    Raises:
        CheckpointError: If the file has no generator, or a number is none in the precision.
    """
    parts = {'generator': select_state(content)}
    if any(key.startswith('discriminator.') for key in content.get('state_dict', content)):
        parts['discriminator'] = select_state(content, 'discriminator')
    state = {f'{part}.{k}': v for part, tensors in parts.items() for k, v in tensors.items()}
    state = cast_state(state, dtype)
    bad = [key for key, value in state.items() if not torch.isfinite(value).all()]
    if bad:
        raise CheckpointError(f'{", ".join(bad[:5])}: not finite in this precision')
    return state


def training_log(
    config: str | PathLike, files: Sequence[str | PathLike], until: int
) -> dict[str, Any]:
    """What a training did, in short.

    Args:
        config: File of the training config.
        files: ``scalars.json`` of its runs, in order; a resumed training has one for each start.
        until: Number of iterations after which the weights were taken.

    Returns:
        ``config``, ``seed``, ``iterations`` and ``log``: the losses at the logged iterations.

    Raises:
        UserError: If a file is none of MMEngine's logs, or ends before.
    """
    rows: dict[int, dict[str, float]] = {}
    for file in files:
        try:
            lines = [json.loads(line) for line in Path(file).read_text().splitlines()]
            found = {
                int(line['step']): line for line in lines if any(k.startswith('loss') for k in line)
            }
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"log '{file}' is no scalars.json of a training: {error}") from error
        first = min(found, default=0)
        rows = {step: row for step, row in rows.items() if step < first} | found
    rows = {step: row for step, row in sorted(rows.items()) if step <= until}
    steps = list(rows)
    # The last interval between logged iterations may be cut short by the end.
    if not steps or until - steps[-1] >= steps[0]:
        raise UserError(
            f'the logs do not reach iteration {until}: give the scalars.json of all runs'
        )
    keep = ('loss', 'curr_scale', 'cpu_minutes')
    return dict(
        config=f'configs/{Path(config).name}',
        seed=Config.fromfile(config, import_custom_modules=False).randomness.seed,
        iterations=until,
        log=[
            dict(iteration=step) | {k: round(v, 4) for k, v in row.items() if k.startswith(keep)}
            for step, row in rows.items()
        ],
    )


def export_prior(
    config: str | PathLike,
    checkpoint: str | PathLike,
    target: str | PathLike,
    dtype: torch.dtype | None = torch.float16,
) -> dict[str, Any]:
    """Write the weights of a trained GAN for use as a prior, and say how to name it.

    Args:
        config: File of the training config.
        checkpoint: Checkpoint that ``tools/train.py`` left.
        target: File ending in ``.safetensors``.
        dtype: See :func:`collect_weights`.

    Returns:
        Fields of an entry of a catalogue, see ``docs/zoo.md``.

    Raises:
        UserError: If the config trains nothing that a prior adapts.
        CheckpointError: If the weights cannot be read, written, or do not fit the config.
    """
    prior = prior_of_config(config)
    target = Path(target)
    if target.suffix != '.safetensors':
        raise CheckpointError(f"target '{target}': use a name that ends in .safetensors")
    content = read_checkpoint(checkpoint)
    try:
        state = collect_weights(content, dtype)
    except CheckpointError as error:
        raise CheckpointError(f"checkpoint '{checkpoint}': {error}") from None
    del content
    prior |= dict(latent='normal', output_range=(-1.0, 1.0), channel_order='bgr')
    # Strict, and before anything is written: a misfit names the checkpoint, the old file stays.
    MODELS.build(dict(prior, checkpoint=str(checkpoint), checkpoint_prefix=None))
    discriminator = None
    if any(key.startswith('discriminator.') for key in state):
        discriminator = discriminator_of_config(config)
        weights = dict(checkpoint=str(checkpoint), checkpoint_prefix='discriminator')
        MODELS.build(dict(type='Discriminator', network=discriminator, **weights))
    write_state(state, target)
    prior['checkpoint_prefix'] = 'generator'
    entry = dict(
        about=target.stem.replace('_', ', '),
        file=target.name,
        sha256=file_sha256(target),
        size=target.stat().st_size,
        prior=prior,
    )
    if discriminator is not None:
        entry['discriminator'] = discriminator
        entry['discriminator_prefix'] = 'discriminator'
    # Tuples have no place in a catalogue.
    return json.loads(json.dumps(entry))
