"""DGP, reconstruction. The paper gives no settings for its table 1; these are those of table 8."""

_base_ = ['./runtime/dgp_reconstruct.py', './dgp_table8.py']
