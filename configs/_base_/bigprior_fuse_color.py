"""The same for colorization, with the area under the curve of colour errors (AuC, percent)."""

_base_ = './bigprior_fuse.py'

# Fused and measured in the official order, which AuC can tell.
model = dict(parity=True)

test_evaluator = dict(
    metrics=[
        dict(type='ColorizationAuC', parity=True),
        dict(type='ColorizationAuC', eight_bit=True),
        dict(type='PSNR'),
        dict(type='SSIM'),
        dict(type='MeanPhi'),
    ],
    aliases={'AuC_prior': 'prior/AuC', 'AuC_prior_8bit': 'prior/AuC_8bit'},
)
