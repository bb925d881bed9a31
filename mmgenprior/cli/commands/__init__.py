"""The sub-commands, one module each: a docstring, ``add_arguments(parser)`` and ``main(args)``.

The docstring is what ``--help`` begins with. A module imports nothing heavy at its top, so that
its help and its first complaints come at once.
"""

# Name to the line of `mmgenprior --help`; the module is called the same, with '_' for '-'.
COMMANDS = {
    'restore': 'repair photos: a hole, lost colours, few pixels, noise, blur, JPEG',
    'app': 'a page for the browser: drop a photo, paint the hole, watch, compare',
    'demo': 'restore toy faces of four kinds of damage by three methods, on one sheet',
    'check': 'find the mistakes of a config, without torch, weights or images',
    'test': 'restore the images of a config, or of a folder, and measure the results',
    'merge': 'make the numbers of a work dir at any time, also of an unfinished run',
    'train': 'train the model of a config',
    'download': 'fetch priors of the catalogue by name',
    'convert': 'rewrite an official checkpoint for the stock classes',
    'export-prior': 'make a trained GAN a prior: one weight file and its catalogue entry',
    'evaluate-prior': 'tell how near the pictures of a prior are to unseen ones',
    'invert': 'restore images and store the inversions, to train φ on',
    'manipulate': 'reconstruct photographs and change them',
    'sweep': 'choose a setting on training images',
    'calibrate': 'stretch intervals until they hold what they say, on training images',
    'analyze-phi': 'correlate φ with the noise and with the quality of the prior',
    'generate-configs': 'write the thin configs and the metafiles from configs/papers/',
    'benchmark': 'measure seconds, memory and quality beside plain loops',
    'render-toyfaces': 'write toy faces: one sheet, or a folder of pictures',
}
