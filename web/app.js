// The page: asks the server for the overview every two seconds and draws it. It derives no figures of its own.
const PERIOD_MS = 2000;
const ICONS = { good: '●', bad: '▲', warn: '◐', none: '' };
const KINDS = { topic: 'topic', query: 'query', connector: 'connector', outside: 'outside', backfill: 'back-fill' };
let selected = new URLSearchParams(location.search).get('focus');
let last = null;

const number = new Intl.NumberFormat('en');

/** Makes an element; text is always set as text, never as markup. */
function el(name, attributes = {}, ...children) {
  const svg = ['svg', 'g', 'rect', 'text', 'path', 'title', 'defs', 'marker'].includes(name);
  const node = svg ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null) node.setAttribute(key, value);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function tone(state) {
  if (state === null) return 'none';
  if (/FAILED|ERROR/.test(state)) return 'bad';
  return /RUNNING|DONE/.test(state) ? 'good' : 'warn';
}

function stateCell(state) {
  const kind = tone(state);
  return el('td', {}, el('span', { class: `state ${kind}` }, `${ICONS[kind]} ${state}`));
}

function numberCell(value) {
  return el('td', { class: 'number' }, value === null || value === undefined ? '–' : number.format(value));
}

function fill(id, heads, rows, empty) {
  const table = document.getElementById(id);
  if (rows.length === 0) {
    table.replaceChildren(el('tbody', {}, el('tr', {}, el('td', { class: 'empty' }, empty))));
    return;
  }
  const head = el('tr', {}, ...heads.map((text) => el('th', text.startsWith('#') ? { class: 'number', scope: 'col' } : { scope: 'col' }, text.replace('#', ''))));
  table.replaceChildren(el('thead', {}, head), el('tbody', {}, ...rows.map((cells) => el('tr', {}, ...cells))));
}

function text(value, cause = null) {
  return el('td', {}, value, cause === null ? null : el('div', { class: 'cause' }, cause));
}

function drawTables(view) {
  fill(
    'pipeline-table',
    ['pipeline', 'state', '#records read', '#rows out', '#accepted', '#errors', '#lag'],
    view.pipelines.map((one) => [text(one.name), stateCell(one.state), ...[one.recordsRead, one.rowsOut, one.accepted, one.errors, one.lag].map(numberCell)]),
    'No pipelines yet: create a sink connector, by file, REST or SQL.',
  );
  fill(
    'connector-table',
    ['connector', 'state', 'kind', 'class', 'tasks', '#read', '#written', '#lag'],
    view.connectors.map((one) => [
      text(one.name, one.tasks.find(({ trace }) => trace)?.trace?.split('\n')[0] ?? one.tasks.find(({ retrying }) => retrying)?.retrying ?? null),
      stateCell(one.state),
      text(one.kind),
      text(one.className),
      text(`${one.tasks.filter(({ state }) => state === 'RUNNING').length}/${one.tasks.length}`),
      numberCell(one.counters.records_read),
      numberCell(one.counters.events_accepted ?? one.counters.records_written),
      numberCell(one.lag),
    ]),
    'No connectors.',
  );
  fill(
    'query-table',
    ['query', 'state', '#rows in', '#rows out', '#skipped', '#lag', 'statement'],
    view.queries.map((one) => [
      text(one.id, one.firstError),
      stateCell(one.state),
      ...[one.rowsIn, one.rowsOut, one.rowsSkipped, one.lag].map(numberCell),
      el('td', {}, el('code', {}, one.statement)),
    ]),
    'No persistent queries.',
  );
  document.getElementById('backfill-section').hidden = view.backfills.length === 0;
  fill(
    'backfill-table',
    ['back-fill', 'step', 'progress', '#rows', 'source'],
    view.backfills.map((one) => [
      text(one.name, one.error),
      text(one.step),
      el('td', {}, el('progress', { max: String(one.rowsTotal ?? Math.max(one.rowsDone, 1)), value: String(one.rowsDone) })),
      numberCell(one.rowsDone),
      text(one.source),
    ]),
    '',
  );
}

function drawErrors(view) {
  const items = [...view.errors].reverse().slice(0, 20);
  const list = document.getElementById('errors');
  if (items.length === 0) list.replaceChildren(el('li', { class: 'empty' }, 'None.'));
  else
    list.replaceChildren(
      ...items.map(({ atMs, where, message }) => el('li', {}, el('time', {}, new Date(atMs).toLocaleTimeString()), el('strong', {}, `${where}: `), message)),
    );
}

/** Cuts a long name in its middle, where table and topic names differ least. */
function elided(name, most) {
  if (name.length <= most) return name;
  const half = Math.floor((most - 1) / 2);
  return `${name.slice(0, half)}…${name.slice(-half)}`;
}

/** A curve through the points that leaves and enters them level. */
function curve(points) {
  return points
    .map(({ x, y }, i) => {
      if (i === 0) return `M${x} ${y}`;
      const before = points[i - 1];
      const middle = (before.x + x) / 2;
      return `C${middle} ${before.y} ${middle} ${y} ${x} ${y}`;
    })
    .join('');
}

/** Names and figures never leave their box. */
function squeeze(svg) {
  for (const text of svg.querySelectorAll('text')) {
    const room = Number(text.dataset.room);
    if (text.getComputedTextLength() > room) {
      text.setAttribute('textLength', String(room));
      text.setAttribute('lengthAdjust', 'spacingAndGlyphs');
    }
  }
}

function drawGraph({ nodes, edges, layout }) {
  const { width: wide, height: high } = layout;
  // As wide as the page, but never so small that it cannot be read: then it scrolls.
  const svg = el('svg', { viewBox: `0 0 ${wide} ${high}`, role: 'group' });
  Object.assign(svg.style, { width: '100%', maxWidth: `${wide}px`, minWidth: `${Math.round(wide * 0.7)}px` });
  svg.append(
    el('defs', {}, el('marker', { id: 'arrow', viewBox: '0 0 8 8', refX: '7', refY: '4', markerWidth: '7', markerHeight: '7', orient: 'auto' }, el('path', { d: 'M0 0L8 4L0 8z', fill: 'currentColor' }))),
  );
  edges.forEach((_, index) => {
    const points = layout.edges[index];
    svg.append(el('path', { class: 'edge', 'marker-end': 'url(#arrow)', d: curve(points) }));
  });
  for (const node of nodes) {
    const { x, y, width, height } = layout.nodes[node.id];
    const room = String(width - 24);
    const line = (y, attributes, content) => el('text', { x: '12', y, 'data-room': room, ...attributes }, content);
    const bad = tone(node.state) === 'bad';
    const figures = node.figures.map(([label, value]) => `${number.format(value)} ${label}`).join(' · ');
    const group = el(
      'g',
      { class: `node ${node.kind}${bad ? ' bad' : ''}`, transform: `translate(${x - width / 2} ${y - height / 2})`, tabindex: '0', role: 'button', 'aria-label': `${KINDS[node.kind]} ${node.title} ${node.state ?? ''} ${figures}` },
      el('title', {}, `${node.title}\n${node.detail}`),
      el('rect', { width: String(width), height: String(height) }),
      line('21', {}, elided(node.title, 30)),
      node.kind === 'topic' ? null : line('37', { class: 'kind' }, elided(node.detail, 36)),
      figures === '' && node.state === null ? null : line('54', { class: bad ? 'bad' : 'figures' }, `${node.state === null ? '' : `${ICONS[tone(node.state)]} `}${figures || node.state}`),
    );
    const open = () => select(node.id);
    group.addEventListener('click', open);
    group.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' || event.key === ' ') open();
    });
    svg.append(group);
  }
  const holder = document.getElementById('lineage');
  const focused = document.activeElement?.closest?.('.node') !== null && holder.contains(document.activeElement);
  if (focused) return;
  holder.replaceChildren(nodes.length === 0 ? el('p', { class: 'empty' }, 'Nothing runs yet.') : svg);
  squeeze(svg);
}

function select(id) {
  selected = id;
  const url = new URL(location.href);
  url.searchParams.set('focus', id);
  history.replaceState(null, '', url);
  drawDetail();
}

function drawDetail() {
  const panel = document.getElementById('detail');
  const node = last?.graph.nodes.find(({ id }) => id === selected);
  panel.hidden = node === undefined;
  if (node === undefined) return;
  const query = last.queries.find(({ id }) => `query:${id}` === selected);
  const connector = last.connectors.find(({ name }) => `connector:${name}` === selected);
  panel.replaceChildren(
    el('strong', {}, node.title),
    ` · ${node.detail}${node.state === null ? '' : ` · ${node.state}`}`,
    query ? el('pre', {}, query.statement) : '',
    query?.firstError ? el('p', { class: 'cause' }, query.firstError) : '',
    ...(connector?.tasks ?? []).filter(({ trace, retrying }) => !trace && retrying).map(({ id, retrying }) => el('p', { class: 'cause' }, `task ${id}: ${retrying}`)),
    ...(connector?.tasks ?? []).filter(({ trace }) => trace).map(({ id, trace }) => el('pre', {}, `task ${id}: ${trace}`)),
  );
}

function drawHead(view) {
  const failing = [...view.connectors, ...view.queries].filter(({ state }) => tone(state) === 'bad').length;
  const head = failing > 0 ? `▲ ${failing} failing` : '● all running';
  document.title = `${failing > 0 ? head : 'Tributary'} · Lineage`;
  document.getElementById('summary').textContent = `${head} · ${view.pipelines.length} pipelines · ${view.connectors.length} connectors · ${view.queries.length} queries`;
  document.getElementById('adapters').textContent = Object.entries(view.adapters).map(([name, value]) => `${name}: ${value}`).join(' · ');
}

async function refresh() {
  const stale = document.getElementById('stale');
  try {
    const answer = await fetch('../api/overview', { cache: 'no-store' });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    last = await answer.json();
    stale.hidden = true;
    drawHead(last);
    drawTables(last);
    drawGraph(last.graph);
    drawErrors(last);
    drawDetail();
  } catch (error) {
    stale.hidden = false;
    stale.textContent = `The server does not answer (${error.message}); what you see is old. Trying again every ${PERIOD_MS / 1000} s.`;
  }
  setTimeout(refresh, PERIOD_MS);
}

refresh();
