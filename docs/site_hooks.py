"""Pages of the site from the repository's root, and links that lead there."""

from __future__ import annotations

import json
import re
from pathlib import Path

from mkdocs.structure.files import File
from pymdownx.slugs import slugify

ROOT = Path(__file__).resolve().parents[1]
# Files beside docs/ that are pages of the site as well.
PAGES = {'CONTRIBUTING.md': 'contributing.md', 'CHANGELOG.md': 'changelog.md'}


# Notebooks are shown as pages: their words and their code, without results.
NOTEBOOKS = sorted((ROOT / 'docs' / 'notebooks').glob('*.ipynb'))
FOLDER = 'notebooks/'


def on_config(config):
    """Anchors as repositories make them, Greek letters included."""
    config.mdx_configs.setdefault('toc', {})['slugify'] = slugify(case='lower')
    return config


def on_files(files, config):
    """Add the pages of the root, and the notebooks."""
    for name, page in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / name).read_text('utf-8')))
    for path in NOTEBOOKS:
        page = f'{FOLDER}{path.stem}.md'
        files.append(File.generated(config, page, content=page_of(path)))
    return files


def page_of(notebook):
    """A notebook as Markdown, with a link to the file itself below its title."""
    parts = []
    for cell in json.loads(notebook.read_text('utf-8'))['cells']:
        text = ''.join(cell['source'])
        parts.append(text if cell['cell_type'] == 'markdown' else f'```python\n{text}\n```')
    title, _, rest = parts[0].partition('\n')
    link = f'[The notebook]({notebook.name}) to run: `jupyter lab {notebook.name}`.'
    return '\n\n'.join([title, link, rest.strip(), *parts[1:]])


def on_page_markdown(markdown, page, config, files):
    """Turn links of the repository into links of the site; to code there is none."""
    for name, target in PAGES.items():
        markdown = markdown.replace(f'](../{name}', f']({target}').replace(
            f']({name}', f']({target}'
        )
    if page.file.src_uri.startswith(FOLDER):
        return markdown
    markdown = re.sub(r'\]\((notebooks/\w+)\.ipynb', r'](\1.md', markdown)
    if page.file.src_uri in PAGES.values():
        markdown = markdown.replace('](docs/', '](')
    return re.sub(r'\[([^\]]+)\]\(\.\./[^)]*\)', r'\1', markdown)


def on_page_content(html, page, config, files):
    """Docstrings name code by roles, which Markdown has not."""
    return re.sub(r':(?:class|func|mod|meth|data|attr):(?=<code>)', '', html)
