/** The style sheet of an HTML report. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --raised: #f0f2f5; --line: #e0e4ea; --text: #1b2330; --soft: #5b6675;
  --accent: #3757d6; --sent: #3757d6; --received: #0a7f70;
  --pass: #12804a; --pass-wash: #e3f5ea; --info: #2867b2; --info-wash: #e4effb;
  --non-strict: #94610a; --non-strict-wash: #fdf1d3; --fail: #c22a38; --fail-wash: #fde5e7;
  --mono: ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10141a; --card: #181e26; --raised: #202834; --line: #2c3644; --text: #e6eaf0; --soft: #9aa7b8;
    --accent: #8fa6ff; --sent: #8fa6ff; --received: #5fd0bf;
    --pass: #5fd08f; --pass-wash: #153325; --info: #7db8f5; --info-wash: #16304a;
    --non-strict: #f0c060; --non-strict-wash: #3a2e12; --fail: #ff8a90; --fail-wash: #47191f;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 8rem; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; }
main, header { max-width: 84rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2.25rem; }
h1 { margin: 0; font-size: 1.65rem; letter-spacing: -0.015em; line-height: 1.2; }
header > p { margin: .35rem 0 0; color: var(--soft); }
h2 { margin: 0; font-size: 1rem; }
code, .mono { font-family: var(--mono); font-size: .86em; }

.agents { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr)); gap: .9rem; margin: 1.4rem 0 1.6rem; padding: 0; list-style: none; }
.agents li { background: var(--card); border: 1px solid var(--line); border-radius: .8rem; padding: 1rem 1.1rem; min-width: 0; }
.agents h2 { font-size: 1.08rem; overflow-wrap: anywhere; }
.agents p { margin: .1rem 0 .75rem; color: var(--soft); font-size: .85rem; overflow-wrap: anywhere; }
.agents p span + span::before { content: '· '; } .agents p span { display: inline-block; }
.bar { display: flex; height: .6rem; border-radius: 1rem; overflow: hidden; background: var(--raised); gap: 2px; }
.bar span { min-width: 3px; }
.bar .pass { background: var(--pass); } .bar .info { background: var(--info); }
.bar .non-strict { background: var(--non-strict); } .bar .fail { background: var(--fail); }
.counts { display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: .7rem 0 0; font-size: .85rem; color: var(--soft); }
.counts b { color: var(--text); font-variant-numeric: tabular-nums; }

.filters { position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; padding: .75rem 1.25rem; margin: 0 -1.25rem; background: var(--page); border-bottom: 1px solid var(--line); }
.filters fieldset { display: flex; flex-wrap: wrap; gap: .4rem; border: 0; margin: 0; padding: 0; }
.filters legend, .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.chip { position: relative; cursor: pointer; }
.chip input { position: absolute; opacity: 0; inset: 0; margin: 0; cursor: pointer; }
.chip span { display: inline-flex; gap: .4rem; align-items: center; padding: .3rem .75rem; border: 1px solid var(--line); border-radius: 2rem; background: var(--card); color: var(--soft); font-size: .86rem; }
.chip b { font-variant-numeric: tabular-nums; font-weight: 600; }
.chip input:checked + span { color: var(--text); border-color: currentColor; }
.chip input:checked + .fail { color: var(--fail); background: var(--fail-wash); }
.chip input:checked + .non-strict { color: var(--non-strict); background: var(--non-strict-wash); }
.chip input:checked + .info { color: var(--info); background: var(--info-wash); }
.chip input:checked + .pass { color: var(--pass); background: var(--pass-wash); }
select, input[type=search] { font: inherit; font-size: .9rem; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: .55rem; padding: .35rem .6rem; min-width: 0; }
input[type=search] { flex: 1 1 12rem; }
:focus-visible, .chip input:focus-visible + span { outline: 2px solid var(--accent); outline-offset: 2px; }
.count { color: var(--soft); font-size: .85rem; margin-left: auto; }

.group { margin: 1.5rem 0 0; }
.rows { background: var(--card); border: 1px solid var(--line); border-radius: .8rem; overflow: clip; }
.heading { display: grid; grid-template-columns: minmax(0, 1fr) repeat(var(--agents), minmax(0, 6.5rem)); gap: .6rem; align-items: end; padding: 0 1rem .4rem; }
.heading span { color: var(--soft); font-size: .8rem; text-align: center; overflow-wrap: anywhere; line-height: 1.25; }
details.case + details.case { border-top: 1px solid var(--line); }
.case > summary { display: grid; grid-template-columns: minmax(0, 1fr) repeat(var(--agents), minmax(0, 6.5rem)); gap: .6rem; align-items: center; padding: .5rem 1rem; cursor: pointer; list-style: none; }
.case > summary::-webkit-details-marker { display: none; }
.case > summary:hover, .case[open] > summary { background: var(--raised); }
.name { min-width: 0; overflow-wrap: anywhere; }
.name code { display: block; color: var(--soft); font-size: .78rem; }
.verdict { justify-self: center; padding: .1rem .6rem; border-radius: 2rem; font-size: .8rem; font-weight: 600; white-space: nowrap; }
.verdict { position: relative; } .verdict small { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.verdict.pass { color: var(--pass); background: var(--pass-wash); } .verdict.info { color: var(--info); background: var(--info-wash); }
.verdict.non-strict { color: var(--non-strict); background: var(--non-strict-wash); } .verdict.fail { color: var(--fail); background: var(--fail-wash); }
.verdict.none { color: var(--soft); font-weight: 400; }
.body { padding: .4rem 1rem 1.1rem; border-top: 1px solid var(--line); }
.body dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .15rem 1rem; margin: .6rem 0; }
.body dt { color: var(--soft); } .body dd { margin: 0; overflow-wrap: anywhere; }
.finding { border: 1px solid var(--line); border-radius: .6rem; margin-top: .8rem; overflow: clip; }
.finding > p { margin: 0; padding: .55rem .8rem; background: var(--raised); display: flex; flex-wrap: wrap; gap: .3rem .7rem; align-items: baseline; overflow-wrap: anywhere; }
.finding > p span:last-child { min-width: 0; overflow-wrap: anywhere; }
.log { margin: 0; padding: .5rem .8rem .7rem; overflow-x: auto; font: .78rem/1.55 var(--mono); list-style: none; }
.log li { display: grid; grid-template-columns: 4.6rem 1.1rem minmax(0, 1fr); gap: .3rem; }
.log time { color: var(--soft); text-align: right; padding-right: .4rem; white-space: nowrap; }
.log .sent i { color: var(--sent); } .log .received i { color: var(--received); } .log .note { color: var(--soft); }
.log i { font-style: normal; } .log div { white-space: pre-wrap; overflow-wrap: anywhere; }
.log small { display: block; color: var(--soft); font-size: .95em; }
.empty { padding: 2rem; text-align: center; color: var(--soft); }
[hidden] { display: none !important; }
footer { max-width: 84rem; margin: 2rem auto; padding: 0 1.25rem; color: var(--soft); font-size: .85rem; }
@media (max-width: 46rem) {
  header { padding-top: 1.4rem; }
  .filters { position: static; }
  html { scroll-padding-top: 1rem; }
  .heading span { display: none; }
  .heading { padding-inline: .2rem; }
  .case > summary { display: flex; flex-wrap: wrap; gap: .35rem .4rem; padding: .65rem .8rem; }
  .name { flex: 1 0 100%; }
  .verdict small { position: static; width: auto; height: auto; clip-path: none; font-size: 1em; font-weight: 400; margin-right: .2em; }
  .only-one .verdict small { display: none; }
  .body { padding-inline: .8rem; }
  .body dl { grid-template-columns: minmax(0, 1fr); } .body dd { margin-bottom: .4rem; }
  .log li { grid-template-columns: 1.1rem minmax(0, 1fr); } .log time { display: none; }
}
@media print { .filters { display: none; } }
`;
