"""Config mistakes as data: what is changed in which config, and what the line says of it."""

from __future__ import annotations

from typing import Any


class _Removed:
    """Says its name: the ids of tests must be the same in every process that collects them."""

    def __repr__(self):
        return 'REMOVED'


REMOVED = _Removed()
_DATASET = 'test_dataloader.dataset'
_PHYSICS = f'{_DATASET}.degradation.physics'
_NOISE = f'{_DATASET}.degradation.noise'
_SEARCH = 'iagan_toyfaces_sr4'
_STAGE = 'model.stages.IAGAN'

# Config, dotted key → value, part of the line.
MISTAKES: list[tuple[str, dict[str, Any], str]] = [
    # stages
    (_SEARCH, {f'{_STAGE}.iterations': 'many'}, f'{_STAGE}.iterations must be a whole number'),
    (_SEARCH, {f'{_STAGE}.iterations': 10.5}, 'at least 1, not 10.5'),
    (_SEARCH, {f'{_STAGE}.iterations': 100.0}, 'at least 1, not 100.0'),
    (_SEARCH, {f'{_STAGE}.iterations': 0}, 'at least 1, not 0'),
    (_SEARCH, {f'{_STAGE}.iterations': -5}, 'at least 1, not -5'),
    (_SEARCH, {f'{_STAGE}.iterations': None}, 'at least 1, not None'),
    (_SEARCH, {f'{_STAGE}.iterations': True}, 'at least 1, not True'),
    (_SEARCH, {f'{_STAGE}.iterations': [3]}, 'at least 1, not the list [3]'),
    (_SEARCH, {f'{_STAGE}.latent_lr': '0.1'}, f'{_STAGE}.latent_lr must be a number of at least 0'),
    (_SEARCH, {f'{_STAGE}.latent_lr': -0.1}, 'a number of at least 0 or a dict, not -0.1'),
    (_SEARCH, {f'{_STAGE}.latent_lr': {'z': -1}}, f'{_STAGE}.latent_lr.z must be a number of'),
    (_SEARCH, {f'{_STAGE}.latent_lr': float('nan')}, 'not nan'),
    (_SEARCH, {f'{_STAGE}.weight_lr': 'small'}, f'{_STAGE}.weight_lr must be a number of at'),
    (_SEARCH, {f'{_STAGE}.weight_lr': -1e-4}, 'not -0.0001'),
    (_SEARCH, {f'{_STAGE}.weight_lr': [1e-4, -1]}, f'{_STAGE}.weight_lr.1 must be'),
    (
        _SEARCH,
        {f'{_STAGE}.iteratons': 3},
        f'{_STAGE}.iteratons: there is no such key (did you mean',
    ),
    (_SEARCH, {f'{_STAGE}.early_stop': {'patiense': 3}}, '.early_stop.patiense: there is no such'),
    (_SEARCH, {f'{_STAGE}.early_stop': {'patience': 0}}, '.patience must be a whole number of at'),
    (_SEARCH, {f'{_STAGE}.early_stop': 50}, f'{_STAGE}.early_stop must be a dict or None, not 50'),
    (_SEARCH, {f'{_STAGE}.optimizer': 'Adam'}, "a dict with a 'type', not the text 'Adam'"),
    (_SEARCH, {f'{_STAGE}.optimizer': {'type': 'Adma'}}, "no search optimizer 'Adma' (did you"),
    (_SEARCH, {f'{_STAGE}.optimizer': {'type': 'Adam', 'beta': 1}}, '(did you mean betas?)'),
    (_SEARCH, {f'{_STAGE}.optimizer': {'betas': [0, 1]}}, f"{_STAGE}.optimizer: 'type' is missing"),
    (_SEARCH, {f'{_STAGE}.low_rank': {'rank': 'r'}}, 'low_rank.rank must be a whole number'),
    (_SEARCH, {f'{_STAGE}.low_rank': {}}, "low_rank: 'rank' is missing"),
    (
        _SEARCH,
        {f'{_STAGE}.features': {'cut': 0}},
        'features.cut must be a whole number of at least',
    ),
    (_SEARCH, {f'{_STAGE}.latent_box': 0}, 'latent_box must be a number above 0 or None, not 0'),
    (_SEARCH, {'model.stages': 'IAGAN'}, 'model.stages must be a list of a dict or a dict or None'),
    (_SEARCH, {'model.stages': [None]}, 'model.stages.0 must be a dict, not None'),
    (_SEARCH, {_STAGE: 3}, f'{_STAGE} must be a dict, not 3'),
    # damages by name
    (_SEARCH, {f'{_DATASET}.degradation': 'sr'}, f"{_DATASET}.degradation: damage 'sr' needs a"),
    (_SEARCH, {f'{_DATASET}.degradation': 'gery'}, "no damage 'gery' (did you mean grey?)"),
    (_SEARCH, {f'{_DATASET}.degradation': 'hole:#ff00ff'}, 'a colour marks the hole in a picture'),
    # model
    (_SEARCH, {'model.type': 'IAGN'}, "model.type: there is no model 'IAGN' (did you mean IAGAN"),
    (_SEARCH, {'model.type': 7}, 'model.type must be text, not 7'),
    (_SEARCH, {'model.type': REMOVED}, "model: 'type' is missing, the name of a model"),
    (_SEARCH, {'model': None}, "model must be a dict with a 'type', not None"),
    (_SEARCH, {'model': 'IAGAN'}, "model must be a dict with a 'type', not the text 'IAGAN'"),
    (_SEARCH, {'model': REMOVED}, 'model is missing'),
    (_SEARCH, {'model.restart': 3}, 'model.restart: there is no such key (did you mean restarts'),
    (_SEARCH, {'model.restarts': 0}, 'model.restarts must be a whole number of at least 1, not 0'),
    (
        _SEARCH,
        {'model.lanes': '4'},
        'model.lanes must be a whole number of at least 1 or None, not',
    ),
    (_SEARCH, {'model.lanes': 2.0}, 'model.lanes must be'),
    (_SEARCH, {'model.weight_lanes': 'all'}, 'model.weight_lanes must be'),
    (_SEARCH, {'model.seed': 'x'}, 'model.seed must be a whole number of at least 0, not the text'),
    (_SEARCH, {'model.seed': None}, 'model.seed must be'),
    (
        _SEARCH,
        {'model.baselines': 'Bicubic'},
        "model.baselines must be a list of a dict with a 'ty",
    ),
    (_SEARCH, {'model.baselines': None}, 'model.baselines must be a list'),
    (_SEARCH, {'model.baselines': {'type': 'Bicubic'}}, 'model.baselines must be a list'),
    (_SEARCH, {'model.baselines': ['Bicubic']}, 'model.baselines.0 must be a dict with a'),
    (_SEARCH, {'model.baselines.0.type': 'Bicubc'}, "no model 'Bicubc' (did you mean Bicubic"),
    (_SEARCH, {'model.back_projection': 'yes'}, 'model.back_projection must be True or False, not'),
    (
        _SEARCH,
        {'model.postprocess': {'type': 'LabMerge'}},
        'model.postprocess: there is no such key',
    ),
    (_SEARCH, {'model.objective': [{'type': 'DataFidelityTrm'}]}, '(did you mean DataFidelityTerm'),
    (_SEARCH, {'model.start': {'type': 'RandomStart'}}, 'restarts belongs to the random start'),
    (_SEARCH, {'model.prior': 'dcgan_toyface'}, "no prior 'dcgan_toyface' (did you mean dcgan_toy"),
    (_SEARCH, {'model.prior': None}, 'model.prior must be'),
    (_SEARCH, {'model.prior': REMOVED}, "model: 'prior' is missing"),
    (_SEARCH, {'model.prior': {'type': 'zoo'}}, "model.prior: 'name' is missing"),
    (_SEARCH, {'model.prior.name': 'dcgan_toyfacs'}, 'model.prior.name: there is no prior'),
    (_SEARCH, {'model.prior.latnt': 'normal'}, 'model.prior.latnt: there is no such key (did you'),
    (_SEARCH, {'model.prior.latent_scale': '2'}, 'model.prior.latent_scale must be a number, not'),
    (_SEARCH, {'model.prior': {'type': 'DCGANPrior'}}, "model.prior: 'generator' is missing"),
    ('iagan_celeba64_sr4', {'model.prior.generator.out_sise': 64}, '(did you mean out_size?)'),
    ('iagan_celeba64_sr4', {'model.prior.generator': 'BEGAN'}, 'model.prior.generator must be'),
    (
        'iagan_celeba64_sr4',
        {'model.prior.execution': {'chanels_last': 1}},
        'chanels_last: there is',
    ),
    ('mapd_toyfaces_sr4', {'model.prior': 'dcgan_digiface64'}, 'has no discriminator'),
    (
        'mapd_toyfaces_sr4',
        {'model.prior': {'type': 'BEGANPrior', 'generator': {'type': 'BEGANGenerator'}}},
        'model.discriminator is missing: MAPD needs',
    ),
    ('mapd_toyfaces_sr4', {'model.realism': '1e-3'}, 'model.realism must be a number, not the'),
    ('dgp_toyfaces_color', {'model.stages.0.block': 1}, '(did you mean blocks?)'),
    ('dgp_toyfaces_color', {'model.stages.1.iterations': 'x'}, 'model.stages.1.iterations must be'),
    ('dgp_toyfaces_color', {'model.stages.0.latent_lr': REMOVED}, "0: 'latent_lr' is missing"),
    ('dgp_toyfaces_color', {'model.candidates.candidates': '200'}, 'model.candidates.candidates'),
    ('dgp_toyfaces_color', {'model.postprocess.0.type': 'LabMrge'}, '(did you mean LabMerge'),
    (
        'gaussnewton_toyfaces_sr4',
        {'model.calibration': 'auto'},
        'model.calibration must be a number',
    ),
    (
        'gaussnewton_toyfaces_sr4',
        {'model.fidelity': 'TotalVariation'},
        'model.fidelity must be a d',
    ),
    ('dip_celeba64_sr4', {'model.lr': -0.01}, 'model.lr must be a number of at least 0, not -0.01'),
    # data
    (_SEARCH, {_DATASET: None}, f"{_DATASET} must be a dict with a 'type', not None"),
    (_SEARCH, {_DATASET: REMOVED}, "test_dataloader: 'dataset' is missing"),
    (_SEARCH, {f'{_DATASET}.type': 'ToyFaceDataset'}, '(did you mean ToyFacesDataset'),
    (
        _SEARCH,
        {f'{_DATASET}.lenght': 3},
        f'{_DATASET}.lenght: there is no such key (did you mean l',
    ),
    (_SEARCH, {f'{_DATASET}.length': '3'}, f'{_DATASET}.length must be a whole number of at least'),
    (_SEARCH, {f'{_DATASET}.length': 0}, 'at least 1, not 0'),
    (_SEARCH, {f'{_DATASET}.indices': [12]}, f'{_DATASET}.indices: 12 is none of the 10 images'),
    (_SEARCH, {f'{_DATASET}.indices': 'all'}, f'{_DATASET}.indices must be a whole number or a'),
    (_SEARCH, {f'{_DATASET}.indices': [1.5]}, f'{_DATASET}.indices.0 must be a whole number, not'),
    (_SEARCH, {f'{_DATASET}.indices': []}, f'{_DATASET}.indices=[] takes no image'),
    (_SEARCH, {'test_dataloader.batch_size': '8'}, 'test_dataloader.batch_size must be a whole'),
    (_SEARCH, {'test_dataloader.batch_size': 0}, 'at least 1, not 0'),
    (_SEARCH, {'test_dataloader.num_worker': 2}, '(did you mean num_workers?)'),
    (_SEARCH, {'test_dataloader.num_workers': -1}, 'at least 0, not -1'),
    (_SEARCH, {'test_dataloader': []}, 'test_dataloader must be a dict, not a list'),
    (
        _SEARCH,
        {'test_dataloader.sampler.type': 'Sampler'},
        'test_dataloader.sampler.type: there is',
    ),
    (
        'iagan_celeba64_sr4',
        {f'{_DATASET}.data_root': None},
        f'{_DATASET}.data_root must be text, n',
    ),
    ('iagan_celeba64_sr4', {f'{_DATASET}.data_prefix': 'faces'}, f'{_DATASET}.data_prefix must be'),
    ('iagan_celeba64_sr4', {f'{_DATASET}.size': '64'}, f'{_DATASET}.size must be a whole number'),
    ('iagan_celeba64_sr4', {f'{_DATASET}.size': [64]}, f'{_DATASET}.size must be a list of 2, not'),
    (
        _SEARCH,
        {f'{_DATASET}.pipeline': [{'type': 'LoadPhto'}]},
        f"{_DATASET}.pipeline.0.type: there is no transform 'LoadPhto' (did you mean LoadPhoto",
    ),
    (_SEARCH, {f'{_DATASET}.before_degrade': None}, 'before_degrade must be a list'),
    # degradations
    (_SEARCH, {f'{_PHYSICS}.type': 'BicubicDownsample'}, '(did you mean BicubicDownsampling'),
    (_SEARCH, {f'{_PHYSICS}.factor': '4'}, f'{_PHYSICS}.factor must be a whole number of at least'),
    (_SEARCH, {f'{_PHYSICS}.factor': 0}, 'at least 1, not 0'),
    (_SEARCH, {f'{_PHYSICS}.factor': REMOVED}, f"{_PHYSICS}: 'factor' is missing"),
    (
        _SEARCH,
        {f'{_PHYSICS}.faktor': 4},
        f'{_PHYSICS}.faktor: there is no such key (did you mean f',
    ),
    (_SEARCH, {f'{_DATASET}.degradation.centre': 'middle'}, 'degradation.centre must be a number'),
    (_SEARCH, {f'{_DATASET}.degradation.center': 0.5}, '(did you mean centre?)'),
    (_SEARCH, {f'{_DATASET}.degradation': [4]}, 'degradation must be a dict or the name of'),
    (_SEARCH, {_PHYSICS: REMOVED}, f"{_DATASET}.degradation: 'physics' is missing"),
    (_SEARCH, {_NOISE: 0.1}, f"{_NOISE} must be a dict with a 'type' or None, not 0.1"),
    (_SEARCH, {_NOISE: {'type': 'GausianNoise', 'sigma': 0.1}}, '(did you mean GaussianNoise'),
    (_SEARCH, {_NOISE: {'type': 'GaussianNoise'}}, f"{_NOISE}: 'sigma' is missing"),
    (_SEARCH, {_NOISE: {'type': 'GaussianNoise', 'sigma': -1}}, f'{_NOISE}.sigma must be a number'),
    # metrics and hooks
    (_SEARCH, {'test_evaluator.metrics': 'PSNR'}, 'test_evaluator.metrics must be a'),
    (_SEARCH, {'test_evaluator.metrics.0.type': 'PSRN'}, "no metric 'PSRN' (did you mean PSNR"),
    (_SEARCH, {'test_evaluator.metrics.0.gt_ky': 'gt'}, '(did you mean gt_key?)'),
    (_SEARCH, {'test_evaluator': None}, "'test_evaluator' is missing beside 'test_dataloader'"),
    (_SEARCH, {'default_hooks.report': None}, 'default_hooks.report must be a dict with a'),
    (_SEARCH, {'default_hooks.report': {}}, "default_hooks.report: 'type' is missing, the name of"),
    (_SEARCH, {'default_hooks.report.pictures': 'no'}, 'report.pictures must be True or False'),
    (_SEARCH, {'default_hooks.report.picture': False}, '(did you mean pictures?)'),
    (_SEARCH, {'default_hooks': None}, 'default_hooks.report must be a dict with a'),
    (_SEARCH, {'default_hooks': []}, 'default_hooks must be a dict or None, not the list []'),
    (_SEARCH, {'custom_hooks': [{'weights': True}]}, "custom_hooks.0: 'type' is missing"),
    (_SEARCH, {'custom_hooks': {'type': 'ChannelsLastHook'}}, 'custom_hooks must be a list of a'),
    (_SEARCH, {'custom_hooks': [{'type': 'ChanelsLastHook'}]}, '(did you mean ChannelsLastHook'),
    (_SEARCH, {'custom_hooks': 'ChannelsLastHook'}, 'custom_hooks must be a list of a'),
    # the rest
    (_SEARCH, {'randomness': 0}, 'randomness must be a dict, not 0'),
    (_SEARCH, {'randomness.sed': 0}, 'randomness.sed: there is no such key (did you mean seed'),
    (_SEARCH, {'randomness.seed': 'x'}, 'randomness.seed must be a whole number or None, not the'),
    (_SEARCH, {'resume': 'yes'}, "resume must be True or False, not the text 'yes'"),
    (_SEARCH, {'load_from': 3}, 'load_from must be text or None, not 3'),
    (_SEARCH, {'work_dir': ['a']}, "work_dir must be text or None, not the list ['a']"),
    (_SEARCH, {'env_cfg': None}, 'env_cfg must be a dict, not None'),
    (
        _SEARCH,
        {'test_dataloder': {}},
        'test_dataloder: there is no such key (did you mean test_dat',
    ),
    (_SEARCH, {'custom_imports': 'os'}, "custom_imports must be a dict or None, not the text 'os'"),
    (_SEARCH, {'custom_imports': {'import': ['x']}}, '(did you mean imports?)'),
    (_SEARCH, {'test_cfg': {'type': 'RestorationLoop'}}, '(did you mean RestorationTestLoop'),
    (_SEARCH, {'visualizer.vis_backends': 'Local'}, 'visualizer.vis_backends must be a list of a'),
    # training
    (
        'dcgan_toyfaces',
        {'train_cfg.max_iters': 'many'},
        'train_cfg.max_iters must be a whole number',
    ),
    ('dcgan_toyfaces', {'train_cfg.max_iters': 0}, 'at least 1, not 0'),
    ('dcgan_toyfaces', {'train_cfg.max_iter': 3}, '(did you mean max_iters'),
    ('dcgan_toyfaces', {'train_cfg': None}, "'train_cfg' is missing beside 'train_dataloader'"),
    ('dcgan_toyfaces', {'optim_wrapper': None}, "'optim_wrapper' is missing beside"),
    (
        'dcgan_toyfaces',
        {'optim_wrapper.generator.optimizer.lr': -0.1},
        'optim_wrapper.generator.optimizer.lr must be a number of at least 0, not -0.1',
    ),
    (
        'dcgan_toyfaces',
        {'optim_wrapper.generator.optimizer.type': 'Adamm'},
        "no optimizer 'Adamm' (did you mean Adam",
    ),
    (
        'dcgan_toyfaces',
        {'custom_imports.imports': True},
        'custom_imports.imports must be a list of text or text',
    ),
    ('dcgan_toyfaces_paired', {'model.pixel_wight': 1}, '(did you mean pixel_weight'),
    ('classifier_toyfaces', {'param_scheduler.T_maks': 3}, '(did you mean T_max?)'),
    ('bigprior_train_toyfaces_boxes', {'model.phi.dept': 3}, '(did you mean depth?)'),
]
