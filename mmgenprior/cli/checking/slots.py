"""What type hints do not say: which registry the dicts of a config belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmgenprior.cli.checking.schema import Kind


def component(*registries: str, default: str | None = None) -> Kind:
    """A dict that names a type of one of the registries."""
    kind: dict[str, Any] = dict(type=list(registries))
    return kind if default is None else {**kind, 'default': default}


def _list(*kind: Kind) -> Kind:
    return {'list': list(kind)}


_MODEL = component('model')
_PRIOR = (_MODEL, {'prior': None})
# A network with the weight file it is in.
_WEIGHTS = ['checkpoint', 'checkpoint_prefix', 'init_seed']
_NETWORK = ({'type': ['model'], 'extra': _WEIGHTS}, {'prior': None})
_OPTIMIZER = component('optim_wrapper', default='OptimWrapper')
_HOOK = component('hook')
_OPTIMIZERS = {
    'map': [_OPTIMIZER],
    'except': {'constructor': ['str'], 'lr_schedule': ['dict', 'none']},
}
# Argument, or Class.argument → what a dict given to it is, and a text where that is a name.
SLOTS: Mapping[str, tuple[Kind, ...]] = {
    'prior': _PRIOR,
    'generator': (_MODEL,),
    'MAPD.discriminator': _NETWORK,
    'DGP.discriminator': _NETWORK,
    'AdversarialTerm.discriminator': _NETWORK,
    'DiscriminatorFeaturesTerm.discriminator': _NETWORK,
    'PairedGAN.discriminator': (_MODEL,),
    'Discriminator.network': _NETWORK,
    'baselines': (_MODEL,),
    'objective': (_MODEL,),
    'start': (_MODEL,),
    'postprocess': (_MODEL,),
    'prior_editor': (_MODEL,),
    'distance': (_MODEL,),
    'fidelity': (_MODEL,),
    'candidates': ({'arguments': ['model', 'CandidatesStart']},),
    'MGANPrior.perceptual': ({'arguments': ['model', 'PerceptualFeaturesTerm']},),
    'BIGPrior.phi': ({'arguments': ['model', 'PhiNetwork']},),
    'DnCNN.network': ({'arguments': ['model', 'PhiNetwork']},),
    'RestorationEditor.data_preprocessor': (component('model', default='BaseDataPreprocessor'),),
    'stages': ({'part': 'Stage'},),
    'Stage.optimizer': (component('search optimizer'),),
    'OptimWrapper.optimizer': (component('optimizer'),),
    'EpochSampler.sampler': (component('data sampler'),),
    'degradation': ({'record': 'degradation'}, {'damage': None}),
    'degradations': ({'record': 'degradation'}, {'damage': None}),
    'pipeline': (component('transform'),),
    'before_degrade': (component('transform'),),
    'operators': (component('physics'),),
    'RestorationEvaluator.metrics': (component('metric'),),
    'Evaluator.metrics': (component('metric'),),
    'zoo.name': ({'prior': None},),
}
# Kinds in place of those that the hints tell, by class or by registry.
OVERRIDES: Mapping[str, list[Kind]] = {
    'Visualizer.vis_backends': [{'list': [component('vis_backend')]}, 'none'],
    'optimizer.lr': [{'float': {'least': 0}}],
    'loop.max_epochs': [{'int': {'least': 1}}],
    'loop.max_iters': [{'int': {'least': 1}}],
}
# Keys whose defaults a rule asks for.
DEFAULTS: Mapping[str, tuple[str, ...]] = {'ToyFacesDataset': ('length',)}
# What the Runner gives to a component itself, and what it takes out of its dict.
GIVEN: Mapping[str, tuple[str, ...]] = {
    'function': ('data_batch',),
    'loop': ('runner', 'dataloader', 'evaluator'),
    'data sampler': ('dataset',),
    'optimizer': ('params',),
    'optim_wrapper': ('optimizer',),
    'parameter scheduler': ('optimizer', 'param_name'),
    'model_wrapper': ('module',),
    'vis_backend': ('save_dir',),
}
TAKEN: Mapping[str, Mapping[str, list[Kind]]] = {
    'hook': {'priority': ['int', 'str', 'none']},
    'parameter scheduler': {'convert_to_iter_based': ['bool']},
    'optim_wrapper': {'constructor': ['any'], 'paramwise_cfg': ['dict', 'none']},
    'optimizer': {},
    'metric': {'collect_device': ['str']},
}
_DATALOADER = {
    'dataset': [component('dataset')],
    'sampler': [component('data sampler')],
    'batch_sampler': [component('data sampler'), 'none'],
    'batch_size': [{'int': {'least': 1}}],
    'num_workers': [{'int': {'least': 0}}],
    'persistent_workers': ['bool'],
    'pin_memory': ['bool'],
    'drop_last': ['bool'],
    'timeout': [{'float': {'least': 0}}],
    'prefetch_factor': [{'int': {'least': 1}}, 'none'],
    'collate_fn': [component('function')],
    'worker_init_fn': [component('function'), 'none'],
    'num_batch_per_epoch': ['int'],
    'multiprocessing_context': ['str', 'none'],
    'pin_memory_device': ['str'],
    'generator': ['any'],
    'shuffle': ['bool'],
}
_EVALUATOR = [
    component('evaluator', 'metric', default='Evaluator'),
    _list(component('evaluator', 'metric')),
    'none',
]
# MMagic's loops take several data sets.
_TESTED = [{'record': 'dataloader'}, _list({'record': 'dataloader'}), 'none']
_SCHEDULER = component('parameter scheduler')
_LOOP = [component('loop', default='TestLoop'), 'none']
# Dicts without a type, by hand; those of dataclasses are found among the hints.
RECORDS: Mapping[str, Mapping[str, list[Kind]]] = {
    'config': {
        'model': [_MODEL],
        'train_dataloader': [{'part': 'dataloader'}, 'none'],
        'val_dataloader': [{'part': 'dataloader'}, _list({'part': 'dataloader'}), 'none'],
        'test_dataloader': _TESTED,
        'val_evaluator': _EVALUATOR,
        'test_evaluator': _EVALUATOR,
        'train_cfg': [component('loop'), {'part': 'train_cfg'}, 'none'],
        'val_cfg': _LOOP,
        'test_cfg': _LOOP,
        'optim_wrapper': [_OPTIMIZER, _OPTIMIZERS, 'none'],
        'param_scheduler': [
            _SCHEDULER,
            _list(_SCHEDULER),
            {'map': [_SCHEDULER, _list(_SCHEDULER)]},
            'none',
        ],
        'default_hooks': [{'map': [_HOOK, 'none']}, 'none'],
        'custom_hooks': [_list(_HOOK), 'none'],
        'visualizer': [component('visualizer', default='Visualizer'), 'none'],
        'vis_backends': [_list(component('vis_backend')), 'none'],
        'env_cfg': [{'part': 'env_cfg'}],
        'randomness': [{'part': 'randomness'}],
        'custom_imports': [{'record': 'custom_imports'}, 'none'],
        'log_processor': [component('log_processor', default='LogProcessor'), 'none'],
        'model_wrapper_cfg': [component('model_wrapper'), 'none'],
        'data_preprocessor': [component('model', default='BaseDataPreprocessor'), 'none'],
        'auto_scale_lr': [{'part': 'auto_scale_lr'}, 'none'],
        'load_from': ['str', 'none'],
        'resume': ['bool'],
        'work_dir': ['str', 'none'],
        'log_level': ['str', 'int'],
        'experiment_name': ['str', 'none'],
        'default_scope': ['str'],
        'launcher': ['str'],
        'cudnn_benchmark': ['bool'],
        'find_unused_parameters': ['bool'],
        'runner_type': ['str'],
        'sync_bn': ['str', 'none'],
        'cfg': ['any'],
    },
    'dataloader': _DATALOADER,
    'train_cfg': {
        'by_epoch': ['bool'],
        'max_epochs': [{'int': {'least': 1}}],
        'max_iters': [{'int': {'least': 1}}],
        'val_begin': ['int'],
        'val_interval': ['int'],
        'dynamic_intervals': ['list', 'none'],
    },
    'env_cfg': {
        'cudnn_benchmark': ['bool'],
        'mp_cfg': ['dict'],
        'dist_cfg': ['dict'],
        'resource_limit': ['int'],
    },
    'randomness': {
        'seed': ['int', 'none'],
        'deterministic': ['bool'],
        'diff_rank_seed': ['bool'],
    },
    'custom_imports': {'imports': [_list('str'), 'str'], 'allow_failed_imports': ['bool']},
    'auto_scale_lr': {'base_batch_size': [{'int': {'least': 1}}], 'enable': ['bool']},
    'degradation': {
        'physics': [component('physics')],
        'noise': [component('noise'), 'none'],
        'centre': ['float'],
        'image_like': ['bool', 'none'],
    },
}
REQUIRED: Mapping[str, tuple[str, ...]] = {
    'dataloader': ('dataset', 'sampler'),
    'degradation': ('physics',),
    'custom_imports': ('imports',),
}
