"""What the page says, and how it looks; no font and no picture comes from elsewhere."""

from __future__ import annotations

import base64
import html
import io

from PIL import Image

from mmgenprior.app.curves import curve
from mmgenprior.app.searching import Snapshot

FONTS = ['system-ui', '-apple-system', 'Segoe UI', 'Roboto', 'Helvetica', 'Arial', 'sans-serif']
MONO = ['ui-monospace', 'Menlo', 'Consolas', 'Liberation Mono', 'monospace']

TITLE = (
    '<h1>MMGenPrior</h1><p>Repairs a photo with a generator that knows what such pictures look '
    'like, and says how sure it is. Your photo stays on this server while the page is open, and '
    'is removed when you leave.</p>'
)
STOPPED = 'Stopped; nothing is kept.'
START = 'Drop a photo at the left, or take one of the drawn faces.'

# Tab → its title, and what it shows.
TABS = {
    'mean': ('Mean', 'The least expected error, pixel by pixel; softer than a photograph.'),
    'sample': ('Sample', 'One draw of what is likely; sharper, and right in other places.'),
    'std': (
        'Deviation',
        'How unsure every pixel is: black is known, bright yellow is a standard deviation of 0.15 '
        'of full scale and more.',
    ),
    'hallucination': (
        'Hallucination',
        'How much of every pixel the photo leaves open: black is measured, bright yellow comes '
        'from the prior alone.',
    ),
    'phi': ('φ', 'The share of the prior in every pixel, bright yellow where it is all.'),
    'film': ('Film', 'The search, from its start to the result.'),
}
SAMPLES = ('Samples', 'Several draws: where they differ, the photo does not say.')

CSS = """
.gradio-container {max-width: 1280px !important; margin: auto;}
.mgp-title h1 {margin: 0; font-size: 1.5rem;}
.mgp-title p {margin: .2rem 0 0; opacity: .75;}
.mgp-or {opacity: .75; font-size: .9rem;}
#examples .grid-wrap {min-height: 0; max-height: none; padding: 4px;}
#examples {min-height: 0;}
.mgp-note {padding: .6rem .8rem; border-radius: 8px; border-left: 4px solid #0072b2;
  background: rgba(0, 114, 178, .1);}
.mgp-note.error {border-color: #d55e00; background: rgba(213, 94, 0, .12);}
.mgp-note.done {border-color: #009e73; background: rgba(0, 158, 115, .12);}
.mgp-live img {width: min(100%, 384px); image-rendering: pixelated; border-radius: 6px;
  margin-bottom: .75rem;}
.mgp-live .mgp-curve {display: block; width: 100%; max-width: 640px;}
.mgp-words {margin: 0 0 .5rem 1.1rem; list-style: disc;}
.mgp-results img {image-rendering: pixelated;}
.mgp-command span {display: inline-block;}
.mgp-results code, .mgp-words + code {font-size: .85em; white-space: pre-wrap;
  overflow-wrap: anywhere;}
"""


def note(text: str, kind: str = '') -> str:
    """A line in a box; ``kind`` is ``'error'``, ``'done'`` or nothing."""
    role = 'alert' if kind == 'error' else 'status'
    return f'<div class="mgp-note {kind}" role="{role}">{html.escape(text)}</div>'


def live(snapshot: Snapshot) -> str:
    """Picture and objective of a search under way, as HTML."""
    picture = ''
    if snapshot.picture is not None:
        content = io.BytesIO()
        Image.fromarray(snapshot.picture).save(content, format='PNG', compress_level=1)
        data = base64.b64encode(content.getvalue()).decode()
        picture = f'<img alt="the picture so far" src="data:image/png;base64,{data}">'
    return f'<div class="mgp-live">{picture}{curve(snapshot.runs)}</div>'


def converged(snapshot: Snapshot | None) -> str:
    """The objective of a search that is over, as HTML."""
    return '' if snapshot is None else f'<div class="mgp-live">{curve(snapshot.runs)}</div>'


def progress(snapshot: Snapshot) -> str:
    """One line on where a search is."""
    face = f'face {snapshot.face} · ' if snapshot.face > 1 else ''
    line = f'{face}{snapshot.stage} · iteration {snapshot.iteration} of {snapshot.iterations}'
    if snapshot.runs:
        line += f' · objective {snapshot.runs[-1].values[-1]:.4g}'
    return line
