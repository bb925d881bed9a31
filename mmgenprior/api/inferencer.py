"""A config of this package as an inferencer of MMEngine, as MMPretrain's are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import mmgenprior.components  # noqa: F401  (registers everything)

# isort: split
import numpy as np
import torch
from mmagic.registry import MODELS
from mmagic.structures import DataSample
from mmengine.config import Config
from mmengine.infer import BaseInferencer
from mmengine.registry import DefaultScope

from mmgenprior.api.arguments import ArgumentError
from mmgenprior.api.pictures import as_list, read_mask, read_photo
from mmgenprior.degradations import get_degradation
from mmgenprior.images import to_uint8
from mmgenprior.structures import Measurement
from mmgenprior.utils.files import write_png
from mmgenprior.utils.names import nearest
from mmgenprior.utils.paths import config_folders
from mmgenprior.utils.plain import plain
from mmgenprior.visualization import panel_size, side_by_side


class GenPriorInferencer(BaseInferencer):
    """Restore pictures by a config: ``GenPriorInferencer('csgm_toyfaces_sr4')('small.png')``.

    The pictures are measurements as the config's degradation makes them, of the size that its prior
    makes; :func:`mmgenprior.restore` takes photos of any size.

    Args:
        model: Name of a config of ours, its path, or a config.
        weights: Path or name of the prior's weights in place of the config's own.
        device: ``'cpu'``, ``'cuda'``; None takes what there is.
        degradation: Name or config in place of the config's own.
        show_progress: Draw a bar.

    Raises:
        ArgumentError: If there is no such config, or it restores nothing.
    """

    preprocess_kwargs = {'masks'}
    forward_kwargs: set[str] = set()
    visualize_kwargs = {'show', 'img_out_dir'}
    postprocess_kwargs: set[str] = set()

    def __init__(
        self,
        model: str | Config | dict,
        weights: str | None = None,
        device: str | None = None,
        degradation: str | dict | None = None,
        show_progress: bool = True,
    ) -> None:
        self._degradation = degradation
        config = _config(model) if isinstance(model, (str, Path)) else model
        super().__init__(
            config, weights=weights, device=device, scope='mmagic', show_progress=show_progress
        )

    def __call__(
        self,
        inputs: Any,
        return_datasamples: bool = False,
        batch_size: int = 1,
        **kwargs: Any,
    ) -> dict[str, list]:
        """Restore pictures.

        Args:
            inputs: A picture, see :func:`mmgenprior.restore`, a list of them, or a folder.
            return_datasamples: Return MMagic's data samples in place of dicts.
            batch_size: Pictures of a batch; no result depends on it.
            **kwargs: ``masks``: one a picture, white is known, where the degradation takes masks;
                ``img_out_dir``: a folder for panels; ``show``: open them in windows.

        Returns:
            ``predictions``: of every picture ``restored`` (H×W×3 uint8, RGB), ``key``, ``main``,
            ``seconds``, ``objective`` and, where the method knows it, ``std``; ``visualization``:
            panels H×W×3, RGB.
        """
        return super().__call__(inputs, return_datasamples, batch_size, **kwargs)

    # -- what MMEngine asks for -----------------------------------------------------------

    def _init_model(self, cfg: Any, weights: str | None, device: str) -> torch.nn.Module:
        if cfg.get('model') is None or cfg.get('test_dataloader') is None:
            raise ArgumentError('GenPriorInferencer: the config restores nothing')
        config = plain(cfg['model'])
        if weights is not None and isinstance(config.get('prior'), dict):
            config['prior']['checkpoint'] = weights
        with DefaultScope.overwrite_default_scope('mmagic'):
            return MODELS.build(config).to(device).eval()

    def _init_pipeline(self, cfg: Any) -> Callable[[tuple[Any, Any]], dict[str, Any]]:
        dataset = cfg['test_dataloader']['dataset']
        config = self._degradation or dataset.get('degradation')
        if config is None:
            raise ArgumentError('GenPriorInferencer: the config has no degradation; give one')
        config = config if isinstance(config, str) else plain(config)
        shape = tuple(self.model.prior.image_shape) if hasattr(self.model, 'prior') else None
        return lambda pair: _sample(*pair, config, shape)

    def _inputs_to_list(self, inputs: Any) -> list:
        return as_list(inputs)

    def preprocess(self, inputs: Sequence[Any], batch_size: int = 1, masks: Any = None, **kwargs):
        """Pictures with their masks as batches of data samples."""
        masks = [None] * len(inputs) if masks is None else as_list(masks)
        if len(masks) != len(inputs):
            raise ArgumentError(f'{len(masks)} masks for {len(inputs)} pictures: give one each')
        yield from super().preprocess(list(zip(inputs, masks)), batch_size=batch_size, **kwargs)

    def visualize(
        self,
        inputs: list,
        preds: Sequence[DataSample],
        show: bool = False,
        img_out_dir: str = '',
        **kwargs: Any,
    ) -> list[np.ndarray]:
        """Measurement and variants side by side."""
        panels = []
        for sample in preds:
            given = sample.metainfo['measurement'].picture().flip(0) * 255
            shown = [('given', to_uint8(given))]
            shown += [(name, to_uint8(i)) for name, i in sample.output.variants.items()]
            panel = side_by_side(shown, panel_size(*sample.output.pred_img.shape[-2:]))
            if img_out_dir:
                write_png(Path(img_out_dir) / f'{sample.metainfo["key"]}.png', panel)
            if show:
                import cv2

                cv2.imshow(sample.metainfo['key'], panel)
                cv2.waitKey(0)
            panels.append(panel[..., ::-1])
        return panels

    def postprocess(
        self,
        preds: Sequence[DataSample],
        visualization: list[np.ndarray],
        return_datasample: bool = False,
        **kwargs: Any,
    ) -> dict[str, list]:
        """Data samples, or what a script wants of them."""
        found = list(preds) if return_datasample else [_prediction(sample) for sample in preds]
        return dict(predictions=found, visualization=visualization)


def _config(name: str | Path) -> Config:
    path = Path(name).expanduser()
    folders = config_folders()
    if not path.is_file():
        path = next((p for f in folders if (p := f / f'{Path(name).stem}.py').is_file()), path)
    if not path.is_file():
        known = [file.stem for folder in folders for file in folder.glob('*.py')]
        raise ArgumentError(f"there is no config '{name}'{nearest(Path(name).stem, known)}")
    return Config.fromfile(path, import_custom_modules=False)


def _sample(image: Any, mask: Any, config: str | dict, shape: tuple[int, ...] | None) -> dict:
    """A picture as the packed data that MMEngine collates."""
    photo = read_photo(image)
    degradation = get_degradation(config)
    picture = torch.from_numpy(np.ascontiguousarray(photo.pixels.transpose(2, 0, 1)))
    y = degradation.measurement_from_image(picture[None])[0]
    seen = tuple(degradation.infer_image_shape(tuple(y.shape)))
    if shape is not None and seen != shape:
        raise ArgumentError(
            f"'{photo.path or photo.name}' is of a picture of {seen[-1]}×{seen[-2]}, and the prior "
            f'makes {shape[-1]}×{shape[-2]}: mmgenprior.restore() takes photos of any size'
        )
    params = {}
    if mask is not None:
        params['mask'] = torch.from_numpy(read_mask(mask, photo)[None].astype(np.float32))
        y = y * params['mask']
    sample = DataSample()
    measurement = Measurement(y, config, seen, params, key=photo.name)
    sample.set_metainfo(dict(measurement=measurement, key=photo.name))
    return dict(inputs=torch.zeros(0), data_samples=sample)


def _prediction(sample: DataSample) -> dict[str, Any]:
    output = sample.output
    found = dict(
        key=sample.metainfo['key'],
        restored=to_uint8(output.pred_img)[..., ::-1],
        main=output.metainfo['main'],
        seconds=output.metainfo['seconds'],
    )
    if 'objective' in output:
        found['objective'] = float(output.objective)
    if 'std' in output:
        found['std'] = output.std[0].numpy()
    return found
