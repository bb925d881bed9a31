"""What one face of the family looks like: a record of numbers, drawn from one random stream."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CLASSES = ('plain', 'glasses', 'hat', 'beard', 'headphones')
SPLITS = ('train', 'test')
# The priors of the package were trained on the faces of the training split before this one.
FIRST_UNSEEN = 20_000
HAIR_STYLES = ('short', 'parted', 'bob', 'long', 'curly', 'bun', 'quiff', 'shaved')
_UNDER_HAT = {'curly': 'bob', 'bun': 'short', 'quiff': 'parted'}
_HAIR_SHARES = (0.18, 0.15, 0.14, 0.16, 0.13, 0.08, 0.11, 0.05)

# sRGB in [0, 255], light to dark.
_SKIN = (
    (248, 219, 200),
    (240, 198, 170),
    (226, 176, 140),
    (196, 142, 106),
    (150, 100, 72),
    (110, 72, 54),
    (84, 56, 45),
)
# Black, dark brown, brown, chestnut, red, dark blond, blond, grey, white, and two dyes.
_HAIR = (
    (30, 26, 28),
    (60, 40, 32),
    (98, 64, 42),
    (132, 74, 44),
    (176, 82, 38),
    (164, 124, 76),
    (222, 186, 122),
    (142, 142, 146),
    (216, 214, 210),
    (66, 130, 150),
    (190, 84, 132),
)
_HAIR_SHARES_LIGHT = (0.08, 0.15, 0.18, 0.14, 0.1, 0.11, 0.12, 0.05, 0.03, 0.02, 0.02)
_HAIR_SHARES_DARK = (0.55, 0.26, 0.07, 0.02, 0.0, 0.0, 0.0, 0.05, 0.02, 0.02, 0.01)
_IRIS = (
    (74, 48, 32),
    (110, 72, 40),
    (96, 112, 60),
    (70, 128, 112),
    (76, 120, 172),
    (120, 134, 146),
)
_IRIS_SHARES_LIGHT = (0.2, 0.24, 0.16, 0.1, 0.2, 0.1)
_IRIS_SHARES_DARK = (0.72, 0.24, 0.03, 0.01, 0.0, 0.0)


@dataclass(frozen=True)
class FaceParameters:
    """One face. Lengths are in half image sides, angles in radians, colours RGB in [0, 1].

    Attributes:
        label: Index into :data:`CLASSES`.
        shift: Position (right, down) of the head; ``roll`` and ``scale`` complete the pose, ``yaw``
            moves the features sideways on the head.
        head: Half width and half height; ``jaw`` is how much the lower half narrows.
        light: Unit vector to the light (right, down, towards the viewer).
        light_color: Factor of the lit side; ``ambient_color`` of the shade.
        noise: 16×16 numbers in [0, 1) behind every two-dimensional texture.
        strands: 512 numbers in [0, 1) behind every texture of strands.
        accessory: Six numbers in [0, 1) that shape the accessory of the class.
    """

    label: int
    shift: tuple[float, float]
    roll: float
    scale: float
    yaw: float
    head: tuple[float, float]
    jaw: float
    light: np.ndarray
    light_color: np.ndarray
    ambient_color: np.ndarray
    skin: np.ndarray
    blush: float
    hair: np.ndarray
    hair_style: int
    hair_part: float
    hair_volume: float
    hair_line: float
    iris: np.ndarray
    gaze: tuple[float, float]
    eye_size: float
    eye_spacing: float
    eye_open: float
    brow_height: float
    brow_tilt: float
    brow_weight: float
    nose_width: float
    nose_length: float
    mouth_width: float
    smile: float
    mouth_open: float
    lip_weight: float
    lips: np.ndarray
    shirt: np.ndarray
    shirt_trim: np.ndarray
    shirt_kind: int
    backdrop: np.ndarray
    backdrop_kind: int
    backdrop_phase: float
    accessory: tuple[float, ...]
    accessory_color: np.ndarray
    accessory_trim: np.ndarray
    noise: np.ndarray
    strands: np.ndarray


class _Stream:
    """Named distributions over ``Generator.random``, whose stream NumPy keeps between releases.

    Attributes:
        levels: The level (value of its distribution function) of every number drawn, in order.
        turns: Which of them go round: hues, and choices without an order.
    """

    def __init__(self, *entropy: int) -> None:
        self._random = np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy))).random
        self.levels: list[float | None] = []
        self.turns: list[int] = []

    def random(self) -> float:
        value = self._random()
        self.levels.append(value)
        return value

    def without(self) -> None:
        """A number that this face does without."""
        self.levels.append(None)

    def randoms(self, count: int) -> list[float]:
        return [self.random() for _ in range(count)]

    def texture(self, shape: int | tuple[int, ...]) -> np.ndarray:
        """Numbers that are no level: there are too many of them."""
        return self._random(shape)

    def turn(self) -> float:
        """As :meth:`random`, where 0 and 1 are neighbours."""
        self.turns.append(len(self.levels))
        return self.random()

    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * self.random()

    def middling(self, low: float, high: float) -> float:
        """Triangular: the middle is the most frequent."""
        share = 0.5 * (self._random() + self._random())
        self.levels.append(2 * share**2 if share < 0.5 else 1 - 2 * (1 - share) ** 2)
        return low + (high - low) * share

    def pick(self, shares: tuple[float, ...], ordered: bool = False) -> int:
        edges = np.cumsum(shares)
        level = self.random() if ordered else self.turn()
        return int(np.searchsorted(edges[:-1], level * edges[-1], side='right'))


def _single(values: np.ndarray | list) -> np.ndarray:
    """In single precision, which painting keeps."""
    return np.asarray(values, np.float32)


def _hsv(hue: float, saturation: float, value: float) -> np.ndarray:
    """RGB of a hue in turns."""
    wheel = np.abs((hue * 6 + np.array([0.0, 4.0, 2.0])) % 6 - 3) - 1
    return _single(value * (1 - saturation * (1 - np.clip(wheel, 0, 1))))


def _skin(stream: _Stream) -> tuple[float, np.ndarray]:
    """Melanin in [0, 1] and the colour, with a warm or a cool undertone."""
    melanin = stream.random() ** 1.25
    place = melanin * (len(_SKIN) - 1)
    low = min(int(place), len(_SKIN) - 2)
    table = np.array(_SKIN) / 255
    color = table[low] + (place - low) * (table[low + 1] - table[low])
    undertone = stream.middling(-1, 1)
    return melanin, color * (1 + undertone * np.array([0.02, -0.005, -0.05]))


def _colored(stream: _Stream, table: tuple, shares: tuple[float, ...], spread: float) -> np.ndarray:
    color = np.array(table[stream.pick(shares, ordered=True)]) / 255
    return _single(np.clip(color * stream.uniform(1 - spread, 1 + spread), 0, 1))


def draw_parameters(seed: int, split: str, index: int, label: int | None = None) -> FaceParameters:
    """Draw face number ``index`` of a split.

    Args:
        seed: Seed of the family, at least 0.
        split: ``'train'`` or ``'test'``; their streams are seeded apart, so none is shared.
        index: Number of the face, at least 0.
        label: Index into :data:`CLASSES`; by default they take turns, which balances them.

    Returns:
        A function of the arguments alone, on every platform and NumPy release.

    Raises:
        ValueError: The split or the label is unknown, or a number is negative.
    """
    return _draw(*_stream(seed, split, index, label))


def draw_levels(
    seed: int, split: str, index: int, label: int | None = None
) -> tuple[FaceParameters, list[float | None], list[int]]:
    """As :func:`draw_parameters`, with what its numbers were made of.

    Returns:
        The face; the level of every number that was drawn, uniform in [0, 1) and None where the
        face did without; and the places among them of those that go round (hues, and choices
        without an order). Only the levels differ from face to face, not their number.
    """
    stream, label = _stream(seed, split, index, label)
    return _draw(stream, label), stream.levels, stream.turns


def _stream(seed: int, split: str, index: int, label: int | None) -> tuple[_Stream, int]:
    if split not in SPLITS:
        raise ValueError(f"split '{split}' is none of {', '.join(SPLITS)}")
    if seed < 0 or index < 0:
        raise ValueError(f'seed {seed} and index {index} must not be negative')
    label = index % len(CLASSES) if label is None else label
    if not 0 <= label < len(CLASSES):
        raise ValueError(f'label {label} is not in 0..{len(CLASSES) - 1}')
    return _Stream(seed, SPLITS.index(split), index), label


def _draw(s: _Stream, label: int) -> FaceParameters:
    azimuth, elevation, warmth = s.uniform(-1.1, 1.1), s.uniform(0.1, 0.75), s.middling(-1, 1)
    melanin, skin = _skin(s)
    dark = melanin > 0.5
    hair = _colored(s, _HAIR, _HAIR_SHARES_DARK if dark else _HAIR_SHARES_LIGHT, 0.16)
    iris = _colored(s, _IRIS, _IRIS_SHARES_DARK if dark else _IRIS_SHARES_LIGHT, 0.2)
    redness = s.random()
    lips = skin * (0.9, 0.68, 0.68) * (1 - redness * np.array([0.05, 0.2, 0.12]))
    hue = s.turn()
    # The wall takes part of the light's warmth, and clothes rarely match it.
    if s.random() < 0.5 * (1 + warmth):
        wall_hue = 0.08 + s.middling(-0.1, 0.1)
    else:
        wall_hue = hue
        s.without()
    smile = s.middling(-0.45, 1.3)
    style = s.pick(_HAIR_SHARES)
    if CLASSES[label] == 'hat':
        # What would stand above the hat lies flat under it.
        style = HAIR_STYLES.index(_UNDER_HAT.get(HAIR_STYLES[style], HAIR_STYLES[style]))
    return FaceParameters(
        label=label,
        shift=(s.middling(-0.12, 0.12), s.middling(-0.06, 0.12)),
        roll=s.middling(-0.2, 0.2),
        scale=s.middling(0.9, 1.08),
        yaw=s.middling(-1, 1),
        head=(s.middling(0.48, 0.58), s.middling(0.64, 0.72)),
        jaw=s.middling(0.02, 0.34),
        light=_single(
            [
                np.sin(azimuth) * np.cos(elevation),
                -np.sin(elevation),
                np.cos(azimuth) * np.cos(elevation),
            ]
        ),
        light_color=_single(1 + warmth * np.array([0.07, 0.0, -0.1])),
        ambient_color=_single(1 - warmth * np.array([0.06, 0.0, -0.08])),
        skin=_single(skin),
        blush=s.random() * (1 - 0.6 * melanin),
        hair=hair,
        hair_style=style,
        hair_part=s.uniform(-1, 1),
        hair_volume=s.random(),
        hair_line=s.random(),
        iris=iris,
        gaze=(s.middling(-1, 1), s.middling(-0.6, 0.6)),
        eye_size=s.middling(0.88, 1.15),
        eye_spacing=s.middling(0.92, 1.08),
        eye_open=s.middling(0.62, 1.1),
        brow_height=s.middling(0, 1),
        brow_tilt=s.middling(-1, 1),
        brow_weight=s.middling(0.5, 1.3),
        nose_width=s.middling(0.8, 1.25),
        nose_length=s.middling(0.85, 1.15),
        mouth_width=s.middling(0.85, 1.15) + 0.1 * max(smile, 0),
        smile=smile,
        mouth_open=max(0.0, s.uniform(-0.9, 1.0)) * max(smile, 0.0),
        lip_weight=s.middling(0.7, 1.35),
        lips=_single(np.clip(lips, 0, 1)),
        shirt=_hsv(s.turn(), s.uniform(0.1, 0.75), s.uniform(0.25, 0.9)),
        shirt_trim=_hsv(s.turn(), s.uniform(0.0, 0.5), s.uniform(0.5, 0.98)),
        shirt_kind=s.pick((0.4, 0.2, 0.2, 0.2)),
        backdrop=_hsv(wall_hue % 1, s.uniform(0.08, 0.55), s.uniform(0.35, 0.88)),
        backdrop_kind=s.pick((0.32, 0.22, 0.22, 0.24)),
        backdrop_phase=s.random(),
        accessory=tuple(s.randoms(6)),
        accessory_color=_hsv(s.turn(), s.uniform(0.15, 0.8), s.uniform(0.18, 0.85)),
        accessory_trim=_hsv(s.turn(), s.uniform(0.0, 0.7), s.uniform(0.35, 0.98)),
        noise=_single(s.texture((16, 16))),
        strands=_single(s.texture(512)),
    )
