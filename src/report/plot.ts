/**
 * Plots as SVG, for charts that are drawn once: lines with bands, points, intervals. They need no script, print as they are, and follow the
 * colours of the page.
 */
import { html, type Markup, raw } from './html.ts';

/** A line over the horizontal axis, with the band of its interval if it has one. */
export interface PlotLine {
  readonly label: string;
  readonly points: readonly { readonly x: number; readonly y: number; readonly low?: number; readonly high?: number }[];
  /** Whether the points are marked: where values between them were not measured. */
  readonly marked?: boolean;
}

/** A mark without a line. */
export interface PlotPoint {
  readonly x: number;
  readonly y: number;
  readonly good: boolean;
  /** Told when the pointer rests on it. */
  readonly title: string;
}

/** One plot. */
export interface Plot {
  readonly title: string;
  /** In words, for those who do not see it. */
  readonly description: string;
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  readonly lines: readonly PlotLine[];
  readonly points?: readonly PlotPoint[];
  /** Upright bands: from, to, and a line at the middle. */
  readonly spans?: readonly {
    readonly low: number;
    readonly high: number;
    readonly at: number;
    readonly label: string;
  }[];
}

/** One axis. */
export interface PlotAxis {
  readonly label: string;
  readonly isLogarithmic: boolean;
  readonly format: (value: number) => string;
  /** Fixed ends; otherwise those of the data. */
  readonly range?: readonly [number, number];
}

const WIDTH = 640;
const HEIGHT = 300;
const LEFT = 64;
const RIGHT = 28;
const TOP = 16;
const BOTTOM = 44;
const TICKS = 6;
/** Okabe and Ito's palette, as in the other charts. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
const DASHES = ['', '8 4', '2 3', '10 3 2 3', '4 2', ''];

/** The plot as a figure. */
export function plotFigure(plot: Plot): Markup {
  const { title, description, x, y, lines, points = [], spans = [] } = plot;
  const all = lines.flatMap((line) => line.points);
  const xs = [
    ...all.map((point) => point.x),
    ...points.map((point) => point.x),
    ...spans.flatMap(({ low, high }) => [low, high]),
  ];
  const ys = [
    ...all.flatMap((point) => [point.y, point.low ?? point.y, point.high ?? point.y]),
    ...points.map((point) => point.y),
  ];
  const across = scaleOf(x, xs, LEFT, WIDTH - RIGHT);
  const up = scaleOf(y, ys, HEIGHT - BOTTOM, TOP);
  const place = { across: across.place, up: up.place };
  return html`<figure class="plot"><figcaption>${title}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${description}">
${spans.map((span) => spanMarkup(span, place))}
${across.ticks.map((tick) => xTick(tick, x, place))}${up.ticks.map((tick) => yTick(tick, y, place))}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" class="axis" text-anchor="middle">${x.label}</text>
<text transform="translate(12 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" class="axis" text-anchor="middle">${y.label}</text>
${lines.map((line, i) => lineMarkup(line, i, place))}
${points.map((point) => pointMarkup(point, place))}
</svg>${lines.length > 1 ? legend(lines) : ''}</figure>
`;
}

interface Placing {
  readonly across: (value: number) => number;
  readonly up: (value: number) => number;
}

function scaleOf(
  axis: PlotAxis,
  values: readonly number[],
  from: number,
  to: number,
): { place: (value: number) => number; ticks: number[] } {
  const finite = values.filter((value) => Number.isFinite(value) && (!axis.isLogarithmic || value > 0));
  let [low, high] = axis.range ?? [Math.min(...finite), Math.max(...finite)];
  if (!(low < high)) [low, high] = axis.isLogarithmic ? [low / 2, high * 2] : [low - 1, high + 1];
  const bend = axis.isLogarithmic ? Math.log : (value: number) => value;
  const place = (value: number): number => {
    const share = (bend(value) - bend(low)) / (bend(high) - bend(low));
    return Number((from + Math.min(1, Math.max(0, share)) * (to - from)).toFixed(1));
  };
  return { place, ticks: axis.isLogarithmic ? logarithmicTicks(low, high) : linearTicks(low, high) };
}

/** Round values, about so many. */
function linearTicks(low: number, high: number): number[] {
  const rough = (high - low) / TICKS;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * decade >= rough) ?? 10) * decade;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** 1, 2 and 5 of each decade, or whole decades where there are many; both ends where there would be fewer than two. */
function logarithmicTicks(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const factors = decades > 4 ? [1] : [1, 2, 5];
  const ticks = [];
  for (let exponent = Math.floor(Math.log10(low)); exponent <= Math.ceil(Math.log10(high)); exponent++) {
    for (const factor of factors) {
      const tick = Number((factor * 10 ** exponent).toPrecision(12));
      if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) ticks.push(tick);
    }
  }
  return ticks.length < 2 ? [low, high] : ticks;
}

function xTick(tick: number, { format }: PlotAxis, { across }: Placing): Markup {
  const x = across(tick);
  return html`<line x1="${x}" x2="${x}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" class="grid"/><text x="${x}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${format(tick)}</text>
`;
}

function yTick(tick: number, { format }: PlotAxis, { up }: Placing): Markup {
  const y = up(tick);
  return html`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}" class="grid"/><text x="${LEFT - 6}" y="${y + 4}" text-anchor="end">${format(tick)}</text>
`;
}

function spanMarkup(
  { low, high, at, label }: { low: number; high: number; at: number; label: string },
  { across }: Placing,
): Markup {
  const [from, to, middle] = [across(low), across(high), across(at)];
  return html`<rect x="${from}" y="${TOP}" width="${Math.max(1, to - from)}" height="${HEIGHT - BOTTOM - TOP}" class="span"><title>${label}</title></rect>
<line x1="${middle}" x2="${middle}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" class="mark"><title>${label}</title></line>
`;
}

function lineMarkup({ points, marked }: PlotLine, index: number, { across, up }: Placing): Markup {
  const colour = COLOURS[index % COLOURS.length] as string;
  const band = points.filter(({ low, high }) => low !== undefined && high !== undefined);
  const upper = band.map(({ x, high }) => `${across(x)},${up(high as number)}`);
  const lower = band.map(({ x, low }) => `${across(x)},${up(low as number)}`).reverse();
  const path = points.map(({ x, y }) => `${across(x)},${up(y)}`).join(' ');
  const whiskers = band.map(
    ({ x, low, high }) =>
      html`<line x1="${across(x)}" x2="${across(x)}" y1="${up(low as number)}" y2="${up(high as number)}" stroke="${colour}" stroke-width="1.5"/>`,
  );
  const dots = points.map(({ x, y }) => html`<circle cx="${across(x)}" cy="${up(y)}" r="3.5" fill="${colour}"/>`);
  return html`${marked === true || band.length === 0 ? '' : html`<polygon points="${[...upper, ...lower].join(' ')}" fill="${colour}" opacity="0.15"/>`}
<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${DASHES[index % DASHES.length] as string}"/>
${marked === true ? [...whiskers, ...dots] : ''}
`;
}

function pointMarkup({ x, y, good, title }: PlotPoint, { across, up }: Placing): Markup {
  const [cx, cy] = [across(x), up(y)];
  // Told apart without colours: a ring for what holds, a cross for what fails.
  return good
    ? html`<circle cx="${cx}" cy="${cy}" r="4" class="held"><title>${title}</title></circle>\n`
    : html`<path d="M${cx - 4} ${cy - 4}l8 8m0 -8l-8 8" class="failed"><title>${title}</title></path>\n`;
}

function legend(lines: readonly PlotLine[]): Markup {
  const entries = lines.map(({ label }, i) => {
    const dash = raw(`stroke="${COLOURS[i % COLOURS.length]}" stroke-dasharray="${DASHES[i % DASHES.length]}"`);
    return html`<span><svg viewBox="0 0 24 8" class="key"><line x1="0" x2="24" y1="4" y2="4" stroke-width="2" ${dash}/></svg> ${label}</span> `;
  });
  return html`<p class="legend">${entries}</p>`;
}
