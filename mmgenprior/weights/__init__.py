"""All that is known of weight files: the catalogue, downloads, hashes, safe reading and writing.

Nothing here imports MMagic; the catalogue and the downloads do not even import torch.
"""
