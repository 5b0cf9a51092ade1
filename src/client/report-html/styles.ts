/** Colours of the light page; each is told from the page and the cards by at least 4.5 to 1, shapes as well as words. */
const LIGHT = `--page:#f6f7f9;--card:#fff;--text:#1b2330;--dim:#566170;--line:#dde2e9;--accent:#2a62b4;
--ok:#1b7a43;--warning:#8a5c00;--failed:#b4232c;--held:#6b3fb8;--skipped:#48698c;--cancelled:#666d78;--none:#747d89;--on:#fff`;
const DARK = `--page:#11151b;--card:#181d25;--text:#e4e8ef;--dim:#9da8b7;--line:#2c343f;--accent:#82b1f5;
--ok:#4fbf7c;--warning:#e0ac3b;--failed:#ff7d79;--held:#b99df6;--skipped:#8fb3d9;--cancelled:#a3aab5;--none:#8a94a3;--on:#11151b`;

const STATES = ['ok', 'warning', 'skipped', 'held', 'cancelled', 'failed', 'none'];

/** The page's only style sheet. */
export const STYLES = `
:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.25rem 1rem 2rem;max-width:70rem;background:var(--page);color:var(--text);font:.94rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.defs{position:absolute}
h1{margin:.1rem 0 .3rem;font-size:clamp(1.45rem,5vw,2rem);line-height:1.2;letter-spacing:-.01em}
h1.bad{color:var(--failed)}h1.good{color:var(--ok)}
h2{margin:0 0 .6rem;font-size:1.1rem}
h3{margin:0;font-size:1rem;font-weight:600}
p{margin:0 0 .5rem}
.kicker,.dim,.note,footer{color:var(--dim)}
.kicker{margin:0;font-size:.85rem}
.lede{font-size:1.05rem}
.note,.dim,footer{font-size:.85rem}
.note{max-width:48rem}
code,pre{font-family:ui-monospace,"SF Mono",Consolas,"DejaVu Sans Mono",monospace;font-size:.85em}
section,.tiles>div{background:var(--card);border:1px solid var(--line);border-radius:8px}
section{margin:1rem 0 0;padding:1rem}
footer{margin:1rem 0 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.6rem;margin:1rem 0 0}
.tiles>div{display:flex;flex-direction:column-reverse;justify-content:flex-end;padding:.6rem .8rem}
dt{color:var(--dim);font-size:.85rem}
dd{margin:0}
.tiles dd{font-size:1.25rem;font-weight:600}
.badge{display:inline-block;padding:0 .5em;border:1px solid currentColor;border-radius:4px;font-size:.85rem;font-weight:600;white-space:nowrap}
${STATES.map((state) => `.s-${state}{color:var(--${state})}.f-${state},.b-${state}{fill:var(--${state})}`).join('')}
.s-never,.s-overdue{color:var(--failed)}
.l-skipped,.l-cancelled{fill:none;stroke:var(--skipped);stroke-width:1.4;vector-effect:non-scaling-stroke}
.l-cancelled{stroke:var(--cancelled)}
.cross{fill:none;stroke:var(--on);stroke-width:1.6;vector-effect:non-scaling-stroke}
.hatch-ground{fill:var(--failed)}.hatch-line{fill:var(--card)}
.b-failed{fill:url(#hatch)}
.b-sum{fill:var(--accent)}
table{width:100%;border-collapse:collapse}
th,td{padding:.35rem .8rem .35rem 0;text-align:left;vertical-align:top;border-top:1px solid var(--line)}
thead th{white-space:nowrap;border-top:0;color:var(--dim);font-size:.8rem;font-weight:500}
tbody th{font-weight:600}
.list tbody th{min-width:9rem}
time,.nw{white-space:nowrap}
.hosts{display:grid;gap:.3rem}
.host,.host-axis{display:grid;grid-template-columns:minmax(6rem,14rem) minmax(0,1fr) minmax(7rem,15rem);gap:0 1rem;align-items:center}
.host-axis span{font-size:.75rem;color:var(--dim);grid-area:1/2}
.host-axis span+span{text-align:right}
.host-name{font-weight:600}
.host-tally{font-size:.8rem;color:var(--dim)}
.strip{display:block;width:100%;height:1.1rem}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;margin:.7rem 0 .3rem;padding:0;list-style:none;font-size:.8rem;color:var(--dim)}
.legend svg{vertical-align:-2px}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(24rem,100%),1fr));gap:1.2rem 1.6rem}
.chart{margin:0;min-width:0}
.chart>svg{display:block;width:100%;height:auto}
.chart text{fill:var(--dim);font-size:12px}
figcaption{margin:0 0 .2rem;font-size:.9rem}
figcaption strong{display:block;font-size:.85rem;font-weight:500;color:var(--dim)}
.grid{stroke:var(--line);fill:none}
.line-disk,.line-copies{fill:none;stroke:var(--accent);stroke-width:2}
.line-disk{stroke:var(--dim);stroke-dasharray:5 3}
.dot{stroke:none}.dot.line-copies{fill:var(--accent)}.dot.line-disk{fill:var(--dim)}
details.figures{font-size:.8rem;color:var(--dim)}
summary{cursor:pointer;width:max-content;max-width:100%}
.more{margin:.5rem 0 0}
.more>summary{font-size:.9rem;color:var(--accent)}
.legend+.hosts{margin-top:.2rem}
.scroll{max-height:16rem;overflow:auto}
.scroll table{font-size:.8rem}
article{padding:.7rem 0;border-top:1px solid var(--line)}
article p{margin:.15rem 0 0}
.action{color:var(--dim);font-size:.9rem}
pre{margin:.3rem 0 0;padding:.45rem .6rem;background:var(--page);border:1px solid var(--line);border-radius:5px;white-space:pre-wrap}
.ages{display:grid;gap:.3rem;margin:0 0 .8rem}
.ages>div{display:grid;grid-template-columns:8.5rem 1fr;gap:0 .8rem;align-items:center}
.ages dd{display:flex;gap:.6rem;align-items:center}
.ages svg{flex:0 1 20rem;min-width:3rem;height:.6rem;background:var(--page)}
.ages span{flex:none}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
@media (max-width:40rem){
.chart text{font-size:16px}
body{padding:.9rem .7rem 1.5rem}
section{padding:.8rem}
.host{grid-template-columns:1fr auto;margin-bottom:.25rem}
.host .strip{grid-area:2/1/3/3}
.host-axis{grid-template-columns:1fr}.host-axis span{grid-area:1/1}
.host-tally{text-align:right}
.list,.list tbody,.list tr,.list th,.list td{display:block}
.list thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden;white-space:nowrap}
.list tr{display:grid;grid-template-columns:minmax(0,1fr) auto;padding:.45rem 0;border-top:1px solid var(--line)}
.list tbody th,.list td{min-width:0;padding:.05rem 0;border:0}
.list td{display:grid;grid-column:1/-1;grid-template-columns:7.4rem minmax(0,1fr);gap:.6rem}
.list td[data-name=State]{grid-area:1/2;display:block}
.list td[data-name=State]::before{display:none}
.list.short tr{grid-template-columns:1fr 1fr}
.list.short tbody th{grid-column:1/-1}
.list.short td{grid-column:auto;display:flex;gap:.5rem;align-items:baseline}
.list td::before{content:attr(data-name);color:var(--dim);font-size:.85rem}
}
@media print{
:root{color-scheme:light;${LIGHT};--page:#fff}
html{font-size:11px}
body{max-width:none;padding:0;print-color-adjust:exact;-webkit-print-color-adjust:exact}
section{border:0;padding:.4rem 0}
details.figures{display:none}
details.more::details-content{content-visibility:visible;height:auto}
.chart,article,tr,.host{break-inside:avoid}
h2{break-after:avoid}
}
`;
