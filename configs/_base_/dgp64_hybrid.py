"""DGP at 64×64, hybrid restoration, for a CPU."""

_base_ = './dgp64_sr4_d.py'
model = dict(baselines=[dict(type='MeasurementPicture')])
