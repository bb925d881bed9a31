"""The face descriptor: where it is, what it tells; where it is not, one line."""

from __future__ import annotations

import importlib.util

import cv2
import pytest
import torch

from mmgenprior.evaluation import FaceIdentity, MetricUnavailable


def test_without_the_package_it_is_left_out(monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'dlib', None)
    with pytest.raises(MetricUnavailable, match="^Identity is left out: the package 'dlib'"):
        FaceIdentity().load()


def test_a_file_that_is_none_is_left_out(tmp_path):
    pytest.importorskip('dlib')
    with pytest.raises(MetricUnavailable, match="'lost.dat' is not here"):
        FaceIdentity(weights='lost.dat').load()
    (tmp_path / 'other.dat').write_bytes(b'no network')
    with pytest.raises(MetricUnavailable, match="'other.dat' is no face network"):
        FaceIdentity(weights=str(tmp_path / 'other.dat')).load()


def test_a_person_is_nearer_to_itself(shared):
    pytest.importorskip('dlib')
    if importlib.util.find_spec('face_recognition_models') is None:
        pytest.skip('the package of the weights is not installed')
    paths = sorted(shared('data', 'faces64').glob('*.png'))[:3]
    faces = [torch.from_numpy(cv2.imread(str(p)).transpose(2, 0, 1).copy()).float() for p in paths]
    metric = FaceIdentity()
    for face in faces:
        small = torch.nn.functional.interpolate(face[None], scale_factor=0.5, mode='area')
        again = torch.nn.functional.interpolate(small, size=64, mode='bicubic')[0].clamp(0, 255)
        own = metric.process_image(face, again, None)
        others = [metric.process_image(face, f, None) for f in faces if f is not face]
        assert metric.process_image(face, face, None) == 0
        assert own < 0.5 < min(others)
