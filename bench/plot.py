# SPDX-License-Identifier: LGPL-2.1-or-later
"""A plot with two logarithmic axes, as SVG."""
import math

WIDTH, HEIGHT, MARGIN = 640, 400, 60
COLOURS = ("#888888", "#0060c0", "#c04000")


def decades(values):
    low = math.floor(math.log10(min(values)))
    return low, max(math.ceil(math.log10(max(values))), low + 1)


def write(path, title, lines):
    """@lines: {name: [(x, y), ...]}, all above 0."""
    points = [point for line in lines.values() for point in line]
    x_low, x_high = decades([x for x, _ in points])
    y_low, y_high = decades([y for _, y in points])

    def place(x, y):
        return (MARGIN + (math.log10(x) - x_low) / (x_high - x_low) * (WIDTH - 2 * MARGIN),
                HEIGHT - MARGIN - (math.log10(y) - y_low) / (y_high - y_low) *
                (HEIGHT - 2 * MARGIN))

    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
           'font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           f'<text x="{WIDTH / 2}" y="30" text-anchor="middle" font-size="15">{title}</text>']
    for power in range(x_low, x_high + 1):
        x, bottom = place(10 ** power, 10 ** y_low)
        svg.append(f'<path d="M{x:.1f} {bottom:.1f}V{MARGIN}" stroke="#ddd"/>'
                   f'<text x="{x:.1f}" y="{bottom + 18:.1f}" text-anchor="middle">'
                   f'{10 ** power:g}</text>')
    for power in range(y_low, y_high + 1):
        left, y = place(10 ** x_low, 10 ** power)
        svg.append(f'<path d="M{left:.1f} {y:.1f}H{WIDTH - MARGIN}" stroke="#ddd"/>'
                   f'<text x="{left - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">'
                   f'{10 ** power:g}</text>')
    for (name, line), colour in zip(lines.items(), COLOURS):
        places = [place(*point) for point in line]
        path_data = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        svg.append(f'<path d="M{path_data}" fill="none" stroke="{colour}" stroke-width="2"/>')
        svg += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        svg.append(f'<text x="{places[-1][0] + 6:.1f}" y="{places[-1][1] + 4:.1f}" '
                   f'fill="{colour}">{name}</text>')
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join([*svg, "</svg>\n"]))
