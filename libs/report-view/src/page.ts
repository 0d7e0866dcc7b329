const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

/** Text for HTML: what has a meaning there (& < > " ') is escaped. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES.get(character) ?? character);
}

/** Text with commands and options between backticks, as a terminal and Markdown show it, for a page. */
export function withCode(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}

/** Style of every page: light and dark, from phones up. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --page: #fbfbfa; --card: #ffffff; --line: #e3e5e8; --soft: #5b6675; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --page: #14171c; --card: #1c2027; --line: #2e343d; --soft: #9aa5b4; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1040px; padding: 1.2rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); }
h1 { font-size: 1.5rem; margin: 0 0 .2rem; } h2 { font-size: 1.05rem; margin: 0 0 .6rem; }
p.lead { margin: 0 0 1rem; color: var(--soft); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: .8rem; margin-bottom: .8rem; }
.figure, section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .9rem 1rem; }
.figure b { display: block; font-size: 1.45rem; font-variant-numeric: tabular-nums; } .figure span { color: var(--soft); font-size: .85rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: .8rem; margin-bottom: .8rem; align-items: start; }
section svg { display: block; width: 100%; height: auto; color: var(--ink); }
table { border-collapse: collapse; width: 100%; font-size: .9rem; } td { border-top: 1px solid var(--line); padding: .3rem .6rem .3rem 0; vertical-align: top; overflow-wrap: anywhere; }
td:first-child { color: var(--soft); white-space: nowrap; width: 12rem; } pre { overflow-x: auto; font-size: .8rem; line-height: 1.45; margin: 0; }
section { margin-bottom: .8rem; } .charts section { margin: 0; }
`;
