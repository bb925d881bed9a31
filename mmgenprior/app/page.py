"""The page itself: what stands where, and what happens at a click."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr
import numpy as np

from mmgenprior.api.arguments import ArgumentError
from mmgenprior.api.events import Cancelled
from mmgenprior.api.restoration import picture_of
from mmgenprior.app import looks
from mmgenprior.app.bench import (
    PLACES,
    SAMPLING,
    Bench,
    Wish,
    offered_methods,
    offered_priors,
)
from mmgenprior.app.examples import PRIOR, Example
from mmgenprior.app.limits import Limits
from mmgenprior.app.results import Shown, for_screen, show
from mmgenprior.app.searching import Snapshot, TookTooLong, Watch, watched
from mmgenprior.app.sessions import Session, Sessions
from mmgenprior.app.uploads import (
    Upload,
    painted,
    parameter_of,
    take_mask,
    take_photo,
    value_of,
    with_value,
)
from mmgenprior.utils.errors import UserError

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
_DEFAULT_PRIOR = 'default'
_PAINT = '#ff00ff'


class Page:
    """The page of a server.

    Args:
        bench: Where searches run.
        sessions: Of the visitors.
        limits: What they may ask.
        examples: Photos to try.
    """

    def __init__(
        self, bench: Bench, sessions: Sessions, limits: Limits, examples: Sequence[Example]
    ) -> None:
        self.bench = bench
        self.sessions = sessions
        self.limits = limits
        self.examples = examples
        with gr.Blocks(
            title='MMGenPrior', analytics_enabled=False, delete_cache=(300, limits.idle)
        ) as self.blocks:
            self._lay_out()
            self._connect()
        self.blocks.queue(max_size=limits.waiting + 1, default_concurrency_limit=4, api_open=False)

    # -- what stands where ----------------------------------------------------------------

    def _lay_out(self) -> None:
        gr.HTML(looks.TITLE, elem_classes='mgp-title')
        with gr.Row():
            with gr.Column(scale=4, min_width=360):
                self._lay_out_wish()
            with gr.Column(scale=5, min_width=360):
                self._lay_out_result()

    def _lay_out_wish(self) -> None:
        self.photo = gr.File(label='Photo', height=110, elem_id='photo')
        self.gallery = gr.Gallery(
            [(each.picture, each.name) for each in self.examples],
            label='or a drawn face',
            columns=4,
            height='auto',
            object_fit='contain',
            allow_preview=False,
            interactive=False,
            buttons=[],
            format='png',
            elem_id='examples',
        )
        self.editor = gr.ImageEditor(
            label='Paint what is to be filled in',
            type='pil',
            format='png',
            sources=[],
            transforms=[],
            layers=False,
            buttons=[],
            brush=gr.Brush(colors=[_PAINT], default_color=_PAINT, color_mode='fixed'),
            visible=False,
            elem_id='editor',
        )
        choices = [(f'{name}: {about}', name) for name, about in _DAMAGES.items()]
        self.damage = gr.Dropdown(
            choices,
            value='auto',
            label='Damage',
            info='or as the command takes it, e.g. blur:2+noise:5',
            allow_custom_value=True,
            elem_id='damage',
        )
        self.value = gr.Number(visible=False, label='Value', elem_id='value')
        priors = [('default: real faces', _DEFAULT_PRIOR)]
        priors += [(f'{name}: {about}', name) for name, about in offered_priors().items()]
        with gr.Row():
            self.prior = gr.Dropdown(
                priors, value=_DEFAULT_PRIOR, label='Prior', min_width=140, elem_id='prior'
            )
            methods = [(f'{name}: {about}', name) for name, about in offered_methods().items()]
            self.method = gr.Dropdown(
                methods, value='gaussnewton', label='Method', min_width=140, elem_id='method'
            )
        with gr.Accordion('More', open=False):
            self.place = gr.Radio(list(PLACES), value=next(iter(PLACES)), label='Where')
            with gr.Row():
                self.samples = gr.Slider(
                    1, self.limits.samples, value=2, step=1, label='Samples', min_width=140
                )
                self.seed = gr.Number(0, label='Seed', precision=0, minimum=0, min_width=140)
            self.mask = gr.File(label='Mask file, white is known', height=90, elem_id='mask')
            self.invert = gr.Checkbox(label='White marks the hole instead')
        with gr.Row():
            self.restore = gr.Button('Restore', variant='primary', elem_id='restore')
            self.stop = gr.Button('Stop', variant='stop', visible=False, elem_id='stop')

    def _lay_out_result(self) -> None:
        self.status = gr.HTML(looks.note(looks.START), elem_id='status')
        self.live = gr.HTML(elem_id='live')
        with gr.Column(visible=False, elem_classes='mgp-results', elem_id='results') as self.result:
            with gr.Tabs() as self.tabs:
                with gr.Tab('Before | after', id='slider'):
                    self.slider = gr.ImageSlider(
                        show_label=False, interactive=False, max_height=620, buttons=['fullscreen']
                    )
                with gr.Tab('Close-up', id='close', visible=False) as self.close_tab:
                    self.close_slider = gr.ImageSlider(
                        show_label=False, interactive=False, max_height=620, buttons=['fullscreen']
                    )
                self.pictures: dict[str, tuple[gr.Tab, gr.Image]] = {}
                for name, (title, about) in looks.TABS.items():
                    with gr.Tab(title, id=name, visible=False) as tab:
                        gr.Markdown(about)
                        image = gr.Image(
                            show_label=False,
                            interactive=False,
                            height=420,
                            buttons=['fullscreen'],
                            elem_id=f'picture_{name}',
                        )
                    self.pictures[name] = tab, image
                with gr.Tab(looks.SAMPLES[0], id='samples', visible=False) as self.samples_tab:
                    gr.Markdown(looks.SAMPLES[1])
                    self.drawn = gr.Gallery(
                        show_label=False, columns=3, height='auto', interactive=False, buttons=[]
                    )
            with gr.Row():
                self.download = gr.DownloadButton('Download the result', elem_id='download')
                self.archive = gr.DownloadButton('Everything (ZIP)', elem_id='archive')
            self.words = gr.HTML(elem_id='words')

    # -- what happens ---------------------------------------------------------------------

    def _connect(self) -> None:
        quiet = dict(show_progress='hidden', api_visibility='private')
        wish = [self.damage, self.prior, self.value]
        given = [self.editor, self.status, self.live, self.result, *wish]
        self.photo.upload(self.on_photo, self.photo, [self.photo, *given], **quiet)
        self.gallery.select(self.on_example, None, given, **quiet)
        self.mask.upload(self.on_mask, self.mask, [self.mask, self.status], **quiet)
        self.damage.change(self.on_damage, self.damage, self.value, **quiet)
        self.value.input(self.on_value, [self.damage, self.value], self.damage, **quiet)
        self.method.change(self.on_method, self.method, self.samples, **quiet)
        search = self.restore.click(
            self.on_restore,
            [
                self.editor,
                self.damage,
                self.prior,
                self.method,
                self.place,
                self.samples,
                self.seed,
                self.invert,
            ],
            self._shown_parts(),
            concurrency_limit=1,
            show_progress='minimal',
            show_progress_on=[self.status],
            api_visibility='private',
        )
        self.stop.click(
            self.on_stop,
            None,
            [self.status, self.live, self.restore, self.stop],
            cancels=[search],
            queue=False,
            **quiet,
        )
        self.blocks.unload(self.on_leave)

    def _shown_parts(self) -> list[Any]:
        parts = [self.status, self.live, self.restore, self.stop, self.result, self.tabs]
        parts += [self.slider, self.close_tab, self.close_slider, self.samples_tab, self.drawn]
        parts += [part for pair in self.pictures.values() for part in pair]
        return [*parts, self.download, self.archive, self.words]

    def on_photo(self, given: str | None, request: gr.Request) -> dict[Any, Any]:
        """A photo was dropped."""
        session = self.sessions.of(request.session_hash)
        session.stop()
        session.forget()
        if given is None:
            return {self.photo: None}
        try:
            session.upload = take_photo(given, session.folder, self.limits)
        except UserError as error:
            return {
                self.photo: None,
                self.editor: gr.update(value=None, visible=False),
                self.status: looks.note(str(error), 'error'),
                **self._no_result(),
            }
        return {self.photo: None, **self._photo_is_there(session.upload, session)}

    def on_example(self, chosen: gr.SelectData, request: gr.Request) -> dict[Any, Any]:
        """A drawn face was taken."""
        session = self.sessions.of(request.session_hash)
        session.stop()
        session.forget()
        example = self.examples[chosen.index]
        session.upload = example.put(session.folder)
        return {
            **self._photo_is_there(session.upload, session),
            self.damage: example.damage,
            self.prior: PRIOR,
            self.value: self.on_damage(example.damage),
        }

    def _photo_is_there(self, upload: Upload, session: Session) -> dict[Any, Any]:
        path = session.folder / 'to_paint.png'
        for_screen(picture_of(upload.read().pixels)).save(path, compress_level=1)
        value = dict(background=str(path), layers=[], composite=str(path))
        label = f'{upload.name}, {upload.width}×{upload.height}: paint what is to be filled in'
        return {
            self.editor: gr.update(value=value, visible=True, label=label),
            self.status: looks.note(f'{upload.name} is here: choose its damage, and restore it.'),
            **self._no_result(),
        }

    def _no_result(self) -> dict[Any, Any]:
        return {self.live: '', self.result: gr.update(visible=False)}

    def on_mask(self, given: str | None, request: gr.Request) -> dict[Any, Any]:
        """A mask file was dropped."""
        session = self.sessions.of(request.session_hash)
        session.mask = None
        try:
            if session.upload is None:
                raise ArgumentError('give the photo first, and then its mask')
            session.mask = take_mask(given, session.upload.read(), False, self.limits)
        except UserError as error:
            return {self.mask: None, self.status: looks.note(str(error), 'error')}
        share = 1 - session.mask.mean()
        text = f'The mask is here: {share:.1%} of the photo is black, {1 - share:.1%} white.'
        return {self.mask: None, self.status: looks.note(text)}

    def on_damage(self, damage: str) -> Any:
        """A damage was chosen: its number, if it has one."""
        about = parameter_of(damage or '')
        return gr.update(
            visible=about is not None, label=about or 'Value', value=value_of(damage or '')
        )

    def on_value(self, damage: str, value: float | None) -> str:
        """Its number was changed."""
        return with_value(damage, value)

    def on_method(self, method: str) -> Any:
        """A method was chosen."""
        return gr.update(visible=method in SAMPLING)

    def on_restore(
        self,
        editor: dict[str, Any] | None,
        damage: str,
        prior: str,
        method: str,
        place: str,
        samples: int,
        seed: int | None,
        invert: bool,
        request: gr.Request,
    ) -> Iterator[dict[Any, Any]]:
        """Restore: yields what changes while the search goes on."""
        session = self.sessions.of(request.session_hash)
        rest = {self.restore: gr.update(interactive=True), self.stop: gr.update(visible=False)}
        try:
            wish = self._wish(session, editor, damage, prior, method, place, samples, seed, invert)
        except UserError as error:
            yield {self.status: looks.note(str(error), 'error'), **rest}
            return
        watch = Watch(session.begin(), self.limits.seconds)
        yield {
            self.status: looks.note('Looking at the photo …'),
            self.restore: gr.update(interactive=False),
            self.stop: gr.update(visible=True),
            **self._no_result(),
        }
        try:
            for seen in watched(functools.partial(self.bench, wish), watch):
                if isinstance(seen, Snapshot):
                    yield {
                        self.status: looks.note(looks.progress(seen)),
                        self.live: looks.live(seen),
                    }
                    continue
                shown = show(seen, wish, session.folder)
                if session.is_closed:
                    session.close()
                said = looks.note(f'Restored in {seen.seconds:.1f} s.', 'done')
                yield {self.status: said, **rest, **self._result(shown)}
        except TookTooLong:
            said = f'Stopped after {self.limits.seconds} s, the most that this page gives a search.'
            yield {self.status: looks.note(said, 'error'), self.live: '', **rest}
        except Cancelled:
            yield {self.status: looks.note('Stopped; nothing is kept.'), self.live: '', **rest}
        except UserError as error:
            yield {self.status: looks.note(str(error), 'error'), self.live: '', **rest}
        except Exception:
            traceback.print_exc()
            said = 'Something is wrong with this server, and its log says what.'
            yield {self.status: looks.note(said, 'error'), self.live: '', **rest}

    def _wish(
        self,
        session: Session,
        editor: dict[str, Any] | None,
        damage: str,
        prior: str,
        method: str,
        place: str,
        samples: int,
        seed: int | None,
        invert: bool,
    ) -> Wish:
        upload = session.upload
        if upload is None:
            raise ArgumentError('Drop a photo first, or take one of the drawn faces.')
        known = painted(editor, (upload.height, upload.width))
        if session.mask is not None:
            of_file = ~session.mask if invert else session.mask
            known = of_file if known is None else known & of_file
            if not np.any(known):
                raise ArgumentError('painting and mask leave no pixel known')
        if not 1 <= int(samples) <= self.limits.samples:
            raise ArgumentError(f'samples: from 1 to {self.limits.samples}')
        return Wish(
            upload=upload,
            damage=(damage or 'auto').strip(),
            known=known,
            prior=None if prior == _DEFAULT_PRIOR else prior,
            method=method,
            place=place,
            seed=int(seed or 0),
            samples=int(samples),
        )

    def _result(self, shown: Shown) -> dict[Any, Any]:
        has_close, has_samples = shown.close_ups is not None, bool(shown.samples)
        changes: dict[Any, Any] = {
            self.result: gr.update(visible=True),
            self.tabs: gr.update(selected='close' if has_close else 'slider'),
            self.slider: (str(shown.before), str(shown.after)),
            self.close_tab: gr.update(visible=has_close),
            self.close_slider: tuple(map(str, shown.close_ups)) if has_close else None,
            self.samples_tab: gr.update(visible=has_samples),
            self.drawn: [(str(path), f'{i}') for i, path in enumerate(shown.samples, start=1)],
            self.download: str(shown.result),
            self.archive: str(shown.archive),
            self.words: shown.words,
        }
        for name, (tab, image) in self.pictures.items():
            path = shown.pictures.get(name)
            changes[tab] = gr.update(visible=path is not None)
            changes[image] = None if path is None else str(path)
        return changes

    def on_stop(self, request: gr.Request) -> dict[Any, Any]:
        """Stop was pressed."""
        session = self.sessions.get(request.session_hash)
        if session is not None:
            session.stop()
        return {
            self.status: looks.note('Stopped; nothing is kept.'),
            self.live: '',
            self.restore: gr.update(interactive=True),
            self.stop: gr.update(visible=False),
        }

    def on_leave(self, request: gr.Request) -> None:
        """The browser left."""
        self.sessions.close(request.session_hash)
