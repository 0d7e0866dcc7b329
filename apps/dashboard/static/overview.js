// Fills the overview's tables and keeps them current. Text only: nothing from the queue becomes markup.
const INTERVAL_MS = 1000;

function cell(content) {
  const td = document.createElement('td');
  td.append(...(Array.isArray(content) ? content : [content ?? '']));
  return td;
}

function link(href, text) {
  const a = document.createElement('a');
  a.href = href;
  a.textContent = text;
  return a;
}

function bar(fraction) {
  const progress = document.createElement('progress');
  progress.max = 1;
  progress.value = fraction;
  return [progress, ` ${Math.floor(100 * fraction)} %`];
}

function fill(id, rows) {
  const body = document.querySelector(`#${id} tbody`);
  body.replaceChildren(
    ...rows.map((cells) => {
      const tr = document.createElement('tr');
      tr.append(...cells.map(cell));
      return tr;
    }),
  );
  if (rows.length === 0) {
    const tr = document.createElement('tr');
    tr.append(cell('none'));
    body.append(tr);
  }
}

/** What a queue or a worker says may be no time at all. */
const time = (milliseconds) => {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? '?' : date.toISOString().slice(0, 19).replace('T', ' ');
};

function state(text, reason) {
  const span = document.createElement('span');
  span.textContent = text;
  if (text === 'failed') {
    span.className = 'failed';
    span.title = reason ?? '';
    span.textContent = `failed: ${(reason ?? '').slice(0, 120)}`;
  }
  return span;
}

function show({ evaluations, trainings, workers, queues }) {
  fill(
    'evaluations',
    evaluations.map((e) => [
      e.id,
      state(e.state, e.reason),
      bar(e.progress),
      e.dataset,
      e.model,
      e.engine,
      String(e.shards),
      time(e.enqueuedAt),
    ]),
  );
  fill(
    'trainings',
    trainings.map((t) => [
      t.id,
      state(t.state, t.reason),
      bar(t.progress),
      t.model,
      t.dataset,
      t.note,
      time(t.enqueuedAt),
    ]),
  );
  fill(
    'workers',
    workers.map((w) => [
      w.worker,
      w.roles.join(', '),
      w.engine,
      w.training,
      w.gpu,
      w.jobs.join(', ') || 'idle',
      `${Math.round(w.memoryBytes / 1e6)} MB`,
      time(w.startedAt),
    ]),
  );
  fill(
    'queues',
    queues.map(({ name, counts }) => [
      link(`/queues/queue/${name}`, name),
      String(counts.waiting + counts.prioritized),
      String(counts.active),
      String(counts['waiting-children']),
      String(counts.delayed),
      String(counts.failed),
      String(counts.completed),
    ]),
  );
}

async function refresh() {
  const lost = document.getElementById('lost');
  try {
    const response = await fetch('/api/overview', { headers: { accept: 'application/json' } });
    if (response.status === 401) {
      location.href = '/login';
      return;
    }
    if (!response.ok) throw new Error(String(response.status));
    show(await response.json());
    lost.textContent = '';
  } catch {
    lost.textContent = 'not reached: these figures are old';
  }
  setTimeout(refresh, INTERVAL_MS);
}

refresh();
