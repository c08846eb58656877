/** Growth over a sweep on the page: a table of exponents, and a chart with logarithmic axes, on which a power is a straight line. */
import { type Growth, type GrowthLine, growthOf, type ScenarioRun } from '../experiment/index.ts';
import { formatNumber, formatValue } from './format-value.ts';
import { describeGrowth, growthCells, growthHead } from './growth-words.ts';
import { html, type Markup, raw, table } from './html.ts';

/** Size of a chart and of the room for its axes, in units of the drawing. */
const WIDTH = 640;
const HEIGHT = 320;
const LEFT = 80;
const BOTTOM = 36;
const RIGHT = 180;
const TOP = 12;
/** Radius of a point, and height of a line of the legend. */
const RADIUS = 3;
const LEGEND_LINE = 16;
/** Lines that can be told apart. */
const COLOURS = ['#2563eb', '#dc2626', '#059669', '#d97706', '#7c3aed', '#0891b2', '#be185d', '#4d7c0f'] as const;

/** All growth that a scenario asks for; nothing if it asks for none. */
export function growthSection(runs: readonly ScenarioRun[]): Markup {
  const parts = growthOf(runs).map((growth) => {
    const rows = growth.lines.map((line) => growthCells(line, growth));
    return html`<h2>Growth of the ${describeGrowth(growth)}</h2>
${chart(growth)}
${table('Exponents: slopes of straight lines through the logarithms', growthHead, rows, 1)}`;
  });
  return parts.length === 0 ? raw('') : html`${parts}`;
}

/** A logarithmic axis: from whole powers of ten to whole powers of ten. */
interface Axis {
  readonly from: number;
  readonly to: number;
  place(value: number): number;
}

function axisOver(values: readonly number[], start: number, end: number): Axis {
  const from = Math.floor(Math.log10(Math.min(...values)));
  const to = Math.max(from + 1, Math.ceil(Math.log10(Math.max(...values))));
  return { from, to, place: (value) => start + ((Math.log10(value) - from) / (to - from)) * (end - start) };
}

function chart(growth: Growth): Markup {
  const lines = growth.lines.map((line) => ({ line, points: line.points.filter(({ x, y }) => x > 0 && y > 0) }));
  const points = lines.flatMap((each) => each.points);
  if (points.length === 0) return raw('');
  const horizontal = axisOver(
    points.map(({ x }) => x),
    LEFT,
    WIDTH - RIGHT,
  );
  const vertical = axisOver(
    points.map(({ y }) => y),
    HEIGHT - BOTTOM,
    TOP,
  );
  const drawn = lines.map(({ line, points: drawnPoints }, i) => {
    const colour = COLOURS[i % COLOURS.length] as string;
    const places = drawnPoints.map(
      ({ x, y }) => [horizontal.place(x).toFixed(1), vertical.place(y).toFixed(1)] as const,
    );
    const dots = places.map(([x, y]) => html`<circle cx="${x}" cy="${y}" r="${RADIUS}" fill="${colour}"></circle>`);
    return html`<polyline fill="none" stroke="${colour}" points="${places.map((place) => place.join(',')).join(' ')}"></polyline>${dots}
<text x="${WIDTH - RIGHT + RADIUS * 2}" y="${TOP + LEGEND_LINE * (i + 1)}" fill="${colour}" font-size="11">${legend(line)}</text>`;
  });
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="100%" style="max-width:${WIDTH}px" role="img" aria-label="${describeGrowth(growth)}, both axes logarithmic">
${ticks(horizontal).map((value) => html`<line x1="${horizontal.place(value)}" x2="${horizontal.place(value)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" stroke="currentColor" stroke-opacity="0.15"></line><text x="${horizontal.place(value)}" y="${HEIGHT - BOTTOM + LEGEND_LINE}" text-anchor="middle" font-size="11" fill="currentColor">${formatNumber(value)}</text>`)}
${ticks(vertical).map((value) => html`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${vertical.place(value)}" y2="${vertical.place(value)}" stroke="currentColor" stroke-opacity="0.15"></line><text x="${LEFT - RADIUS * 2}" y="${vertical.place(value)}" text-anchor="end" dominant-baseline="middle" font-size="11" fill="currentColor">${formatValue(value, growth.unit)}</text>`)}
${drawn}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 2}" text-anchor="middle" font-size="11" fill="currentColor">${growth.exponent.over}</text></svg>`;
}

function ticks({ from, to }: Axis): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
}

/** The other values, and the exponent. */
function legend({ fixed, exponent }: GrowthLine): string {
  const values = Object.values(fixed).join(' ');
  return exponent === undefined ? values : `${values}: ${exponent.toFixed(2)}`;
}
