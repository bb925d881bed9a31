"""What stands where on the page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import gradio as gr

from mmgenprior.api.methods import METHODS
from mmgenprior.app import looks
from mmgenprior.app.bench import PLACES, offered_priors
from mmgenprior.app.limits import Limits

DEFAULT_PRIOR = 'default'
_DAMAGES = {
    'auto': 'seen from the photo',
    'hole': 'what you paint is filled in',
    'grey': 'a grey photo gets colours',
    'sr4': 'four times the size',
    'noise': 'grain, its strength estimated',
    'blur:2': 'out of focus by 2 pixels',
    'jpeg': 'compressed, as the file says',
    'quantized': 'few levels a colour',
    'grey+hole': 'a chain, in the order of what happened',
}
_PAINT = '#ff00ff'


class Layout:
    """The components of the page, laid out within the ``gr.Blocks`` that is open.

    Args:
        limits: What a visitor may ask.
        examples: Name → picture.
    """

    def __init__(self, limits: Limits, examples: Mapping[str, Path]) -> None:
        self.priors = {DEFAULT_PRIOR: 'of real faces', **offered_priors()}
        # Weights of a fusion are files that a visitor cannot name.
        self.methods = {name: m.about for name, m in METHODS.items() if not m.fuses}
        gr.HTML(looks.TITLE, elem_classes='mgp-title')
        with gr.Row():
            with gr.Column(scale=4, min_width=340):
                self._lay_out_photo(examples)
                self._lay_out_wish(limits)
            with gr.Column(scale=5, min_width=340):
                self._lay_out_result()

    def _lay_out_photo(self, examples: Mapping[str, Path]) -> None:
        self.photo = gr.File(label='Photo', height=120, elem_id='photo')
        gr.HTML('or a drawn face:', elem_classes='mgp-or')
        self.gallery = gr.Gallery(
            [(str(path), name) for name, path in examples.items()],
            show_label=False,
            columns=len(examples),
            height='auto',
            allow_preview=False,
            interactive=False,
            buttons=[],
            elem_id='examples',
        )
        self.editor = gr.ImageEditor(
            label='Paint the hole',
            type='pil',
            format='png',
            height=400,
            sources=[],
            transforms=[],
            layers=False,
            buttons=[],
            brush=gr.Brush(colors=[_PAINT], default_color=_PAINT, color_mode='fixed'),
            visible=False,
            elem_id='editor',
        )

    def _lay_out_wish(self, limits: Limits) -> None:
        self.damage = gr.Dropdown(
            [(f'{name}: {about}', name) for name, about in _DAMAGES.items()],
            value='auto',
            label='Damage',
            info='what happened to the photo; other ones as the command takes them: blur:2+noise:5',
            allow_custom_value=True,
            elem_id='damage',
        )
        self.value = gr.Number(visible=False, label='Value', elem_id='value')
        with gr.Row():
            self.prior = gr.Dropdown(
                list(self.priors),
                value=DEFAULT_PRIOR,
                label='Prior',
                info=self.priors[DEFAULT_PRIOR],
                min_width=150,
                elem_id='prior',
            )
            self.method = gr.Dropdown(
                list(self.methods),
                value='gaussnewton',
                label='Method',
                info=self.methods['gaussnewton'],
                min_width=150,
                elem_id='method',
            )
        with gr.Row():
            self.restore = gr.Button('Restore', variant='primary', elem_id='restore')
            self.stop = gr.Button('Stop', variant='stop', visible=False, elem_id='stop')
        with gr.Accordion('More', open=False, elem_id='more'):
            self.place = gr.Radio(
                list(PLACES), value=next(iter(PLACES)), label='Where', elem_id='where'
            )
            with gr.Row():
                self.samples = gr.Slider(
                    1,
                    limits.samples,
                    value=min(2, limits.samples),
                    step=1,
                    label='Samples',
                    min_width=150,
                    elem_id='samples',
                )
                self.seed = gr.Number(0, label='Seed', precision=0, minimum=0, min_width=150)
            self.mask = gr.File(label='Mask file, white is known', height=120, elem_id='mask')
            self.invert = gr.Checkbox(label='White marks the hole instead', elem_id='invert')

    def _lay_out_result(self) -> None:
        self.status = gr.HTML(looks.note(looks.START), elem_id='status')
        self.live = gr.HTML(elem_id='live')
        with gr.Column(visible=False, elem_classes='mgp-results', elem_id='results') as self.result:
            with gr.Tabs() as self.tabs:
                with gr.Tab('Before | after', id='slider'):
                    self.slider = self._slider()
                with gr.Tab('Close-up', id='close', visible=False) as self.close_tab:
                    self.close_slider = self._slider()
                self.pictures: dict[str, tuple[gr.Tab, gr.Image]] = {}
                for name, (title, about) in looks.TABS.items():
                    with gr.Tab(title, id=name, visible=False) as tab:
                        gr.HTML(about)
                        image = gr.Image(
                            show_label=False,
                            interactive=False,
                            height=420,
                            buttons=['fullscreen'],
                            elem_id=f'picture_{name}',
                        )
                    self.pictures[name] = tab, image
                with gr.Tab(looks.SAMPLES[0], id='samples', visible=False) as self.samples_tab:
                    gr.HTML(looks.SAMPLES[1])
                    self.drawn = gr.Gallery(
                        show_label=False,
                        columns=2,
                        height='auto',
                        interactive=False,
                        buttons=[],
                        elem_id='drawn',
                    )
            with gr.Row():
                self.download = gr.DownloadButton('Download the result', elem_id='download')
                self.archive = gr.DownloadButton('Everything (ZIP)', elem_id='archive')
            self.words = gr.HTML(elem_id='words')

    @staticmethod
    def _slider() -> gr.ImageSlider:
        return gr.ImageSlider(
            show_label=False, interactive=False, max_height=620, buttons=['fullscreen']
        )
