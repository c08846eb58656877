/** Style of the report page: readable in light and dark, on paper and on a phone. */
export const pageStyle = `
:root { color-scheme: light dark; --ink: #1c1f23; --soft: #5a626c; --paper: #fff; --panel: #f4f6f8; --line: #d5dae0; --good: #14683a; --bad: #a4161a; --accent: #0b5cad; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --soft: #a2abb6; --paper: #14171b; --panel: #1d2228; --line: #363d46; --good: #6fd39a; --bad: #ff8a8a; --accent: #7ab8ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 72rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .75rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
p { margin: .25rem 0 .75rem; max-width: 60rem; overflow-wrap: anywhere; }
summary { overflow-wrap: anywhere; }
.soft, caption { color: var(--soft); }
.verdict { font-size: 1.25rem; font-weight: 650; padding: .75rem 1rem; border-radius: .5rem; background: var(--panel); border-left: .4rem solid currentColor; margin: 1rem 0; }
.good { color: var(--good); } .bad { color: var(--bad); }
.scroll { overflow-x: auto; margin: .5rem 0 1rem; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .25rem 0; }
th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; text-align: left; }
th.number, td.number { text-align: right; white-space: nowrap; }
td.text { overflow-wrap: anywhere; min-width: 5.5rem; } th.group { padding-top: .9rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .25rem 1rem; margin: 0; } dt { color: var(--soft); } dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
code { overflow-wrap: anywhere; font: .875em ui-monospace, monospace; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1rem; }
figure { margin: 0; padding: .75rem; background: var(--panel); border-radius: .5rem; min-width: 0; }
figcaption { font-weight: 600; margin-bottom: .25rem; }
summary { cursor: pointer; padding: .25rem 0; }
.bar { display: inline-block; height: .6em; background: var(--accent); border-radius: 2px; vertical-align: baseline; min-width: 1px; }
.plot svg { width: 100%; height: auto; display: block; } .plot text { fill: var(--soft); font-size: 11px; } .plot text.axis { font-size: 12px; }
.plot .grid { stroke: var(--line); stroke-width: 1; } .plot .span { fill: var(--accent); opacity: .14; } .plot .mark { stroke: var(--accent); stroke-width: 1.5; stroke-dasharray: 5 3; }
.plot .held { fill: none; stroke: var(--good); stroke-width: 1.5; } .plot .failed { fill: none; stroke: var(--bad); stroke-width: 1.75; }
.legend { font-size: .8rem; color: var(--soft); } .plot svg.key { width: 24px; height: 8px; display: inline-block; }
.u-legend { font-size: .75rem; text-align: left; } .u-legend th, .u-legend td { border: 0; padding: .1rem .25rem; min-width: 0; }
`;
