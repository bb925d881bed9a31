"""The page itself: what happens at a click."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import gradio as gr
import numpy as np

from mmgenprior.api.arguments import ArgumentError, check_name, check_seed
from mmgenprior.api.events import Cancelled
from mmgenprior.api.restoration import picture_of
from mmgenprior.app import looks
from mmgenprior.app.bench import PLACES, SAMPLING, Bench, Wish
from mmgenprior.app.examples import PRIOR, Example
from mmgenprior.app.layout import DEFAULT_PRIOR, Layout
from mmgenprior.app.limits import Limits
from mmgenprior.app.results import Shown, for_screen, show
from mmgenprior.app.searching import Snapshot, TookTooLong, Watch, watched
from mmgenprior.app.sessions import EXAMPLES, Session, Sessions
from mmgenprior.app.uploads import (
    painted,
    parameter_of,
    take_mask,
    take_photo,
    value_of,
    with_value,
)
from mmgenprior.utils.errors import UserError

Changes = dict[Any, Any]


class Page(Layout):
    """The page of a server.

    Inputs come as the browser sends them, with the paths of uploads, which go with their session.

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
        folder = sessions.root / EXAMPLES
        folder.mkdir()
        with gr.Blocks(title='MMGenPrior', analytics_enabled=False) as self.blocks:
            super().__init__(limits, {each.name: each.show(folder) for each in examples})
            self._connect()
        self.blocks.queue(max_size=limits.waiting, default_concurrency_limit=2, api_open=False)

    def _connect(self) -> None:
        slow = dict(show_progress='hidden', api_visibility='private')
        # What costs next to nothing does not wait behind searches.
        quick = dict(queue=False, **slow)
        result = [self.editor, self.status, self.live, self.result]
        chosen = [*result, self.damage, self.prior, self.value]
        self.photo.upload(
            self.on_photo, self.photo, [self.photo, *result], preprocess=False, **slow
        )
        self.gallery.select(self.on_example, None, chosen, **slow)
        self.editor.change(self.on_paint, self.editor, self.status, preprocess=False, **quick)
        self.mask.upload(
            self.on_mask, self.mask, [self.mask, self.status], preprocess=False, **slow
        )
        self.damage.change(self.on_damage, self.damage, self.value, **quick)
        self.value.input(self.on_value, [self.damage, self.value], self.damage, **quick)
        self.prior.change(self.on_prior, self.prior, self.prior, **quick)
        self.method.change(self.on_method, self.method, [self.method, self.samples], **quick)
        wished = [self.editor, self.damage, self.prior, self.method, self.place]
        search = self.restore.click(
            self.on_restore,
            [*wished, self.samples, self.seed, self.invert],
            self._parts_of_a_result(),
            concurrency_limit=1,
            # The browser may hold a search that was stopped for running a moment longer, and would
            # not hear this click; the session stops what still runs.
            trigger_mode='multiple',
            preprocess=False,
            show_progress='minimal',
            show_progress_on=[self.status],
            api_visibility='private',
        )
        self.stop.click(
            self.on_stop,
            None,
            [self.status, self.live, self.restore, self.stop],
            cancels=[search],
            **quick,
        )
        self.blocks.unload(self.on_leave)

    def _parts_of_a_result(self) -> list[Any]:
        parts = [self.status, self.live, self.restore, self.stop, self.result, self.tabs]
        parts += [self.slider, self.close_tab, self.close_slider, self.samples_tab, self.drawn]
        parts += [part for pair in self.pictures.values() for part in pair]
        return [*parts, self.download, self.archive, self.words]

    # -- what a visitor gives -------------------------------------------------------------

    def on_photo(self, given: Mapping[str, Any] | None, request: gr.Request) -> Changes:
        """A photo was dropped."""
        session = self.sessions.of(request.session_hash)
        session.forget()
        try:
            (path,) = self.sessions.hold(session, [given['path']])
            session.upload = take_photo(path, session.folder, self.limits)
        except UserError as error:
            return {
                self.photo: None,
                self.editor: gr.update(value=None, visible=False),
                self.status: looks.note(str(error), 'error'),
                **self._no_result(),
            }
        return {self.photo: None, **self._photo_is_there(session)}

    def on_example(self, chosen: gr.SelectData, request: gr.Request) -> Changes:
        """A drawn face was taken."""
        session = self.sessions.of(request.session_hash)
        session.forget()
        example = self.examples[chosen.index]
        session.upload = example.put(session.folder)
        return {
            **self._photo_is_there(session),
            self.damage: example.damage,
            self.prior: PRIOR,
            self.value: self.on_damage(example.damage),
        }

    def _photo_is_there(self, session: Session) -> Changes:
        upload = session.upload
        path = session.folder / 'to_paint.png'
        for_screen(picture_of(upload.read().pixels)).save(path, compress_level=1)
        value = dict(background=str(path), layers=[], composite=str(path))
        said = f'{upload.name}, {upload.width}×{upload.height}, is here: say what happened to it.'
        return {
            self.editor: gr.update(value=value, visible=True),
            self.status: looks.note(said),
            **self._no_result(),
        }

    def _no_result(self) -> Changes:
        return {self.live: '', self.result: gr.update(visible=False)}

    def on_paint(self, editor: Mapping[str, Any] | None, request: gr.Request) -> Changes:
        """Something was painted: its pictures lie on the disk, and are to go with the session."""
        try:
            self._hold_painting(self.sessions.of(request.session_hash), editor)
        except UserError as error:
            return {self.status: looks.note(str(error), 'error')}
        return {self.status: gr.skip()}

    def _hold_painting(self, session: Session, editor: Mapping[str, Any] | None) -> None:
        files = [] if editor is None else [editor.get('background'), editor.get('composite')]
        files += [] if editor is None else editor.get('layers') or []
        self.sessions.hold(session, [file['path'] for file in files if file])

    def on_mask(self, given: Mapping[str, Any] | None, request: gr.Request) -> Changes:
        """A mask file was dropped."""
        session = self.sessions.of(request.session_hash)
        session.mask = None
        try:
            (path,) = self.sessions.hold(session, [given['path']])
            if session.upload is None:
                raise ArgumentError('give the photo first, and then its mask')
            session.mask = take_mask(path, session.upload.read(), False, self.limits)
        except UserError as error:
            return {self.mask: None, self.status: looks.note(str(error), 'error')}
        white = session.mask.mean()
        text = f'The mask is here: {white:.1%} of it is white, {1 - white:.1%} black.'
        return {self.mask: None, self.status: looks.note(text)}

    def on_damage(self, damage: str | None) -> Any:
        """A damage was chosen: its number, if it has one."""
        about = parameter_of(damage or '')
        return gr.update(
            visible=about is not None, label=about or 'Value', value=value_of(damage or '')
        )

    def on_value(self, damage: str, value: float | None) -> str:
        """Its number was changed."""
        return with_value(damage, value)

    def on_prior(self, prior: str) -> Any:
        """A prior was chosen."""
        return gr.update(info=self.priors.get(prior, ''))

    def on_method(self, method: str) -> tuple[Any, Any]:
        """A method was chosen."""
        return gr.update(info=self.methods.get(method, '')), gr.update(visible=method in SAMPLING)

    # -- the search -----------------------------------------------------------------------

    def on_restore(
        self,
        editor: Mapping[str, Any] | None,
        damage: str,
        prior: str,
        method: str,
        place: str,
        samples: float,
        seed: float | None,
        invert: bool,
        request: gr.Request,
    ) -> Iterator[Changes]:
        """Restore: yields what changes while the search goes on."""
        session = self.sessions.of(request.session_hash)
        over = {self.restore: gr.update(interactive=True), self.stop: gr.update(visible=False)}

        def ended(said: str) -> Changes:
            return {self.status: looks.note(said, 'error'), self.live: '', **over}

        try:
            self._hold_painting(session, editor)
            known = self._known(session, editor, bool(invert))
            wish = self._wish(session, damage, prior, method, place, samples, seed, known)
        except UserError as error:
            yield ended(str(error))
            return
        watch = Watch(session.begin(), self.limits.seconds)
        yield {
            self.status: looks.note('Looking at the photo …'),
            self.restore: gr.update(interactive=False),
            self.stop: gr.update(visible=True),
            **self._no_result(),
        }
        last = None
        try:
            for seen in watched(functools.partial(self.bench, wish), watch):
                if isinstance(seen, Snapshot):
                    last = seen
                    said = looks.note(looks.progress(seen))
                    yield {self.status: said, self.live: looks.live(seen)}
                elif session.is_closed:
                    raise Cancelled
                else:
                    shown = show(seen, wish, session.folder)
                    said = looks.note(f'Restored in {seen.seconds:.1f} s.', 'done')
                    changes = self._result(shown, looks.converged(last))
                    yield {self.status: said, **over, **changes}
        except TookTooLong:
            most = self.limits.seconds
            yield ended(f'Stopped after {most} s, the most that this page gives a search.')
        except Cancelled:
            yield {**ended(''), self.status: looks.note(looks.STOPPED)}
        except UserError as error:
            yield ended(str(error))
        except Exception:
            traceback.print_exc()
            yield ended('Something is wrong with this server, and its log says what.')

    def _known(
        self, session: Session, editor: Mapping[str, Any] | None, invert: bool
    ) -> np.ndarray | None:
        """H×W bool of what painting and mask file leave, None where there is neither."""
        upload = session.upload
        if upload is None:
            raise ArgumentError('Drop a photo first, or take one of the drawn faces.')
        if editor is not None:
            editor = self.editor.preprocess(self.editor.data_model(**editor))
        known = painted(editor, (upload.height, upload.width))
        if session.mask is not None:
            of_file = ~session.mask if invert else session.mask
            known = of_file if known is None else known & of_file
            if not np.any(known):
                raise ArgumentError('painting and mask leave no pixel known')
        return known

    def _wish(
        self,
        session: Session,
        damage: Any,
        prior: Any,
        method: Any,
        place: Any,
        samples: Any,
        seed: Any,
        known: np.ndarray | None,
    ) -> Wish:
        """What was sent, each of it seen to be one of what is offered.

        Raises:
            ArgumentError: If it is not.
        """
        check_name('prior', str(prior), self.priors)
        check_name('method', str(method), self.methods)
        check_name('place', str(place), PLACES)
        try:
            seed, samples = int(seed or 0), int(samples or 0)
        except (TypeError, ValueError):
            raise ArgumentError('seed and samples must be whole numbers') from None
        check_seed(seed)
        if not 1 <= samples <= self.limits.samples:
            raise ArgumentError(f'samples: from 1 to {self.limits.samples}')
        return Wish(
            upload=session.upload,
            damage=str(damage or 'auto').strip(),
            known=known,
            prior=None if prior == DEFAULT_PRIOR else prior,
            method=method,
            place=place,
            seed=seed,
            samples=samples,
        )

    def _result(self, shown: Shown, curves: str) -> Changes:
        has_close, has_samples = shown.close_ups is not None, bool(shown.samples)
        changes: Changes = {
            self.result: gr.update(visible=True),
            self.tabs: gr.update(selected='close' if has_close else 'slider'),
            self.slider: (str(shown.before), str(shown.after)),
            self.close_tab: gr.update(visible=has_close),
            self.close_slider: tuple(map(str, shown.close_ups)) if has_close else None,
            self.samples_tab: gr.update(visible=has_samples),
            self.drawn: [(str(path), f'{i}') for i, path in enumerate(shown.samples, start=1)],
            self.download: str(shown.result),
            self.archive: str(shown.archive),
            self.words: shown.words + curves,
            self.live: '',
        }
        for name, (tab, image) in self.pictures.items():
            path = shown.pictures.get(name)
            changes[tab] = gr.update(visible=path is not None)
            changes[image] = None if path is None else str(path)
        return changes

    def on_stop(self, request: gr.Request) -> Changes:
        """Stop was pressed."""
        session = self.sessions.get(request.session_hash)
        if session is not None:
            session.stop()
        return {
            self.status: looks.note(looks.STOPPED),
            self.live: '',
            self.restore: gr.update(interactive=True),
            self.stop: gr.update(visible=False),
        }

    def on_leave(self, request: gr.Request) -> None:
        """The browser left."""
        self.sessions.close(request.session_hash)
