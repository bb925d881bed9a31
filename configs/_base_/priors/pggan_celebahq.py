"""PGGAN trained on CelebA-HQ at 1024×1024, MMagic's; fetched to MGP_PRIOR_ROOT at first use."""

prior = dict(type='zoo', name='pggan_celebahq_1024')
