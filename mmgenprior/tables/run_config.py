"""The config of a run of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgenprior.tables.finished import GENERATED
from mmgenprior.tables.plan import Papers, Plan
from mmgenprior.tables.python_text import config_text, fill_all
from mmgenprior.utils.files import write_atomically

if TYPE_CHECKING:
    from mmengine.config import Config

# Result of a metric → the metric that gives it, where a config may lack it.
_GIVEN_BY: dict[str, dict[str, Any]] = {
    'LPIPS': dict(type='LPIPS'),
    'LPIPS_vgg': dict(type='LPIPS', net='vgg'),
    'AuC': dict(type='ColorizationAuC'),
    'AuC_8bit': dict(type='ColorizationAuC', eight_bit=True),
    'Consistency': dict(type='MeasurementConsistency'),
    'Identity': dict(type='FaceIdentity'),
    'NIQE': dict(type='PictureNIQE'),
    'lite0/top1': dict(type='StandInAccuracy'),
    'RMSE': dict(type='RMSE'),
    'PSNR': dict(type='PSNR'),
    'PooledPSNR': dict(type='PooledPSNR'),
    'SSIM': dict(type='SSIM'),
    'MSE': dict(type='MSE'),
    'DGP_PSNR': dict(type='DGPMetrics'),
    'MeanPhi': dict(type='MeanPhi'),
    'Sigma': dict(type='NoiseLevel'),
}
# Arguments that make another metric of one type.
_DISTINCT = {'net': 'alex', 'eight_bit': False, 'prefix': None}


def config_of(papers: Papers, name: str, configs: Path, folder: Path) -> Path:
    """The config of a run: one of ours, or made in a folder from its row of the matrix.

    Args:
        papers: See :func:`mmgenprior.tables.plan.read_papers`.
        name: Of the config.
        configs: Where ours are.
        folder: Where those go that no file of ours holds.

    Returns:
        Path of an existing file.
    """
    made = papers.rows[name]
    own = configs / f'{name}.py'
    if own.is_file() and not made['on_demand']:
        return own
    row, words, where = (made[part] for part in ('row', 'words', 'where'))
    bases = []
    for base in fill_all(row['bases'], words, where):
        there = configs / base
        if not there.is_file():
            there = config_of(papers, Path(base).stem, configs, folder)
        bases.append(str(there.resolve()))
    path = folder / f'{name}.py'
    write_atomically(path, config_text(row, words, where, bases).encode())
    return path


def needed_metrics(papers: Papers, paper: str) -> list[str]:
    """Names of the numbers that the tables of a paper read, of all of them together.

    A run is of one list of metrics, whichever table asks for it first.
    """
    names = []
    for table in papers.tables[paper].values():
        for ours in table['metrics'].values():
            names += ours.removeprefix('r:').split(',')
    return [name for name in dict.fromkeys(names) if not name.startswith(GENERATED)]


def set_for_table(
    cfg: Config,
    plan: Plan,
    needed: Sequence[str],
    images: int | None,
    lpips: str | None,
    sheet: int,
) -> None:
    """Point a config at what a table asks for.

    Args:
        cfg: Changed in place.
        plan: The table.
        needed: Of :func:`needed_metrics`.
        images: How many; None keeps the config's own.
        lpips: Weights of LPIPS; None keeps the metric's own.
        sheet: Number of pictures on the sheet of the run.
    """
    if not plan.keep_baselines and cfg.model.get('baselines'):
        cfg.model.baselines = []
    dataset = cfg.test_dataloader.dataset
    if images is not None:
        if dataset.type == 'ToyFacesDataset':
            dataset.length = images
        else:
            # The last ones where a config takes the last ones.
            last = isinstance(dataset.get('indices'), int) and dataset.indices < 0
            dataset.indices = -images if last else images
    metrics = list(cfg.test_evaluator.metrics)
    for name in needed:
        wanted = _GIVEN_BY.get(name)
        if wanted and not any(_same(wanted, metric) for metric in metrics):
            metrics.append(dict(wanted))
    if lpips is not None:
        metrics = [_with_weights(metric, lpips) for metric in metrics]
    cfg.test_evaluator.metrics = metrics
    if cfg.get('default_hooks', {}).get('report'):
        cfg.default_hooks.report.update(summary=False, sheet_images=sheet)


def _same(wanted: Mapping, metric: Mapping) -> bool:
    return wanted['type'] == metric['type'] and all(
        wanted.get(key, default) == metric.get(key, default) for key, default in _DISTINCT.items()
    )


def _with_weights(metric: Mapping, weights: str) -> dict:
    lacking = metric['type'] == 'LPIPS' and metric.get('net', 'alex') == 'alex'
    return {**metric, 'weights': weights} if lacking and not metric.get('weights') else {**metric}


def essence(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What of the settings of a run decides its result: not the metrics, nor what stands beside.

    Args:
        settings: As :func:`mmgenprior.ledger.settings.settings_of`.
    """
    model = {key: value for key, value in settings['model'].items() if key != 'baselines'}
    return dict(
        model=model,
        dataset=settings['test_dataloader']['dataset'],
        load_from=settings.get('load_from'),
    )


def describe(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Prior, data and seed of a run, in a few words each.

    Args:
        settings: As :func:`mmgenprior.ledger.settings.settings_of`.
    """
    model, dataset = settings['model'], settings['test_dataloader']['dataset']
    inner = model.get('prior_editor') or model
    prefix = dataset.get('data_prefix') or {}
    folder = prefix.get('gt') or prefix.get('img') or ''
    split = dataset.get('split')
    data = f'{dataset["type"]} {split}' if split else str(folder or dataset['type'])
    return dict(prior=_prior(inner.get('prior')), data=data, seed=model.get('seed', 0))


def _prior(prior: Any) -> str:
    if not isinstance(prior, Mapping):
        return str(prior or '')
    if prior.get('name'):
        return str(prior['name'])
    checkpoint = prior.get('checkpoint')
    return Path(checkpoint).stem if isinstance(checkpoint, str) else str(prior.get('type', ''))
