import { PAGE_STYLE, escapeHtml } from '@ciphernet/report-view';

/** A whole page around `body`, which is markup. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${PAGE_STYLE}
nav { display: flex; gap: 1rem; flex-wrap: wrap; align-items: baseline; margin-bottom: 1rem; } nav h1 { margin: 0 auto 0 0; }
a { color: #3a86c8; } th { text-align: left; font-weight: 500; color: var(--soft); padding-right: .6rem; }
body { max-width: 1240px; } td { white-space: nowrap; overflow-wrap: normal; } td:first-child { width: auto; color: inherit; } section { overflow-x: auto; }
progress { width: 7rem; accent-color: #3a86c8; vertical-align: middle; }
.failed { color: #d1345b; } .lost { color: #d1345b; font-weight: 600; }
form { margin: 0; } input, button { font: inherit; padding: .4rem .7rem; border-radius: 8px; border: 1px solid var(--line); background: var(--card); color: var(--ink); }
</style></head><body>${body}</body></html>
`;
}

/** The login form. @param problem shown beside the button, empty for none */
export function loginPage(problem: string): string {
  return page(
    'CipherNet: log in',
    `<h1>CipherNet</h1><p class="lead">Encrypted dataset evaluation</p>
<section><form method="post" action="/login">
<label>Password <input type="password" name="password" autocomplete="current-password" autofocus required></label>
<button>Log in</button> <span class="failed" role="alert">${escapeHtml(problem)}</span></form></section>`,
  );
}

/** The overview; `overview.js` fills the tables and keeps them current. */
export function overviewPage(options: {
  readonly queue: string;
  readonly blobs: string;
  readonly hasLogin: boolean;
}): string {
  const table = (id: string, title: string, heads: readonly string[]): string =>
    `<section><h2>${title}</h2><table id="${id}"><thead><tr>${heads.map((h) => `<th>${h}</th>`).join('')}</tr></thead><tbody></tbody></table></section>`;
  return page(
    'CipherNet',
    `<nav><h1>CipherNet</h1><a href="/queues">Queues</a><a href="/published">Published</a><a href="/metrics">Metrics</a>
${options.hasLogin ? '<form method="post" action="/logout"><button>Log out</button></form>' : ''}</nav>
<p class="lead">queue ${escapeHtml(options.queue)}, blobs in ${escapeHtml(options.blobs)} <span id="lost" class="lost"></span></p>
${table('evaluations', 'Evaluations', ['evaluation', 'state', 'progress', 'dataset', 'model', 'engine', 'shards', 'enqueued (UTC)'])}
${table('trainings', 'Training', ['run', 'state', 'progress', 'network', 'dataset', '', 'enqueued (UTC)'])}
${table('workers', 'Workers', ['worker', 'roles', 'engine', 'training on', 'GPU', 'jobs now', 'memory', 'up since (UTC)'])}
${table('queues', 'Queues', ['queue', 'waiting', 'active', 'waiting for shards', 'delayed', 'failed', 'completed'])}
<script src="/overview.js" defer></script>`,
  );
}

/** A page for an HTTP status and what it means here. */
export function problemPage(status: number, text: string): string {
  return page(
    `CipherNet: ${status}`,
    `<nav><h1>${status}</h1><a href="/">Overview</a></nav><section>${escapeHtml(text)}</section>`,
  );
}
