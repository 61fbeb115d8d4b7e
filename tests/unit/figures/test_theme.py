"""The figures' promises: same bytes each time, readable without colour."""

import itertools

from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb

from traceability.figures import theme


def lightness(colour):
    """CIE L* (0 black, 100 white) of a colour, the part of it that greyscale keeps."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


def draw(path):
    theme.apply()
    figure, axes = plt.subplots()
    axes.errorbar([1, 2], [0.3, 0.4], yerr=theme.bars([0.1, 0.2], [0.3, 0.4], [0.5, 0.45]), marker="o")
    axes.bar([1, 2], [0.3, 0.4], hatch="////")
    axes.set(xlabel="arm", ylabel="share (%)")
    theme.save(figure, path, title="A figure")
    return path.read_bytes()


def test_the_same_figure_gives_the_same_bytes_with_no_date_in_it(tmp_path):
    first = draw(tmp_path / "first.svg")
    assert first == draw(tmp_path / "second.svg")
    assert b"<dc:date>" not in first
    assert b"Matplotlib v" not in first
    assert b"A figure" in first
    assert sorted(p.name for p in tmp_path.iterdir()) == ["first.svg", "second.svg"]


def test_any_two_series_stay_apart_in_greyscale():
    assert all(abs(lightness(a) - lightness(b)) >= 12 for a, b in itertools.combinations(theme.PALETTE, 2))


def test_error_bars_reach_the_interval_ends():
    assert theme.bars([1, 2], [3, 2], [4, 5]) == [[2, 0], [1, 3]]
