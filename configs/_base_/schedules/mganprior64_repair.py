"""mGANprior on 64×64: fewer codes and Adam steps, no feature network, which would be a download."""

model = dict(
    type='MGANPrior',
    layer=2,
    codes=10,
    search=dict(iterations=300, latent_lr=dict(z=0.05, alpha=0.01), optimizer='Adam'),
)
