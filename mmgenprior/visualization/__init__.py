"""Pictures and tables of results."""

from mmgenprior.visualization.map_pictures import map_overlay, map_picture
from mmgenprior.visualization.panels import panel, panel_size, side_by_side, stack
from mmgenprior.visualization.table import metrics_table, number_text, print_table

__all__ = [
    'map_overlay',
    'map_picture',
    'metrics_table',
    'number_text',
    'panel',
    'panel_size',
    'print_table',
    'side_by_side',
    'stack',
]
