/**
 * Runs before the chart library, which formats numbers in the browser's language and would not load where that is no language
 * (a browser without a locale, as on a server, says "en-US@posix").
 */
export const pagePrelude = `
try { new Intl.NumberFormat(navigator.language); } catch { Object.defineProperty(navigator, 'language', { value: 'en' }); }
`;

/** The script of the report page: draws the charts with uPlot, again when the window or the colour scheme changes. Runs in a browser. */
export const pageScript = `
(() => {
  const { charts, marks } = JSON.parse(document.getElementById('chart-data').textContent);
  // Okabe and Ito's palette: told apart with any colour vision; dashes help where lines cross.
  const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
  const dashes = [[], [8, 4], [2, 3], [10, 3, 2, 3], [4, 2], []];
  const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 });
  // A billion is "B" in English, which would read as a byte.
  const short = (v, unit) => unit === 'bytes' ? compact.format(v).replace('B', 'G') : compact.format(v);
  const clock = (s) => s < 120 ? s + 's' : s < 7200 ? +(s / 60).toFixed(1) + 'm' : +(s / 3600).toFixed(2) + 'h';
  const percent = (share) => +(share * 100).toFixed(1) + ' %';
  // Values that are far apart are drawn by their ratio; 0 has none.
  const isWide = (lines) => {
    const values = lines.flatMap((each) => each.values).filter((v) => v != null);
    return Math.min(...values) > 0 && Math.max(...values) / Math.min(...values) > 200;
  };
  // Instants of faults, as upright lines behind what is drawn.
  const markFaults = (colour) => (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = colour;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    for (const at of marks) {
      const x = Math.round(plot.valToPos(at, 'x', true));
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  };
  let drawn = [];
  function draw() {
    for (const chart of drawn) chart.destroy();
    const style = getComputedStyle(document.documentElement);
    const ink = style.getPropertyValue('--soft').trim();
    const line = style.getPropertyValue('--line').trim();
    const mark = markFaults(style.getPropertyValue('--bad').trim());
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
    drawn = charts.map((chart, i) => {
      const holder = document.getElementById('chart-' + i);
      const at = chart.over ? percent : clock;
      const wide = chart.over && isWide(chart.lines);
      return new uPlot({
        width: Math.max(280, holder.clientWidth), height: 240, cursor: { points: { size: 6 } },
        scales: { x: { time: false }, y: wide ? { distr: 3 } : {} }, hooks: { drawAxes: chart.over ? [] : [mark] },
        series: [
          { label: chart.over ?? 'virtual time', value: (_, s) => s == null ? '' : at(s) },
          ...chart.lines.map((each, k) => ({ label: each.label, stroke: colours[k % 6], dash: dashes[k % 6], width: 1.75, points: { show: false },
            value: (_, v) => v == null ? '' : short(v, chart.unit) })),
        ],
        axes: [
          chart.over ? { ...axis, values: (_, ticks) => ticks.map(at) } : { ...axis, incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400], values: (_, ticks) => ticks.map(clock) },
          { ...axis, size: 60, label: chart.unit, labelSize: 18, values: (_, ticks) => ticks.map((v) => v == null ? '' : short(v, chart.unit)) },
        ],
      }, [chart.times_s, ...chart.lines.map((each) => each.values)], holder);
    });
  }
  draw();
  let pending;
  addEventListener('resize', () => { clearTimeout(pending); pending = setTimeout(draw, 150); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
})();
`;
