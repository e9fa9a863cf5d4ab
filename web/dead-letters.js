// Dead letters: which connectors have some, what stands in them and why, and back to the connector with those that are mended.
// What is shown is in the URL, so that a link opens the same view.
import { call, el, fill, number } from './page.js';

const byId = (id) => document.getElementById(id);
const url = new URL(location.href);
const FILTERS = ['stage', 'exception', 'topic', 'partition', 'from', 'to', 'replayed'];
let connector = url.searchParams.get('connector');
let letters = [];
let cursor = null;
const chosen = new Set();

const time = (text) => (text === null ? '–' : el('time', { datetime: text, title: text }, new Date(text).toLocaleString()));
const place = (original) => (original === null ? 'unknown' : `${original.topic}-${original.partition ?? '?'}@${original.offset ?? '?'}`);
const path = (rest = '') => `/connectors/${encodeURIComponent(connector)}/dead-letters${rest}`;

function fail(error) {
  const banner = byId('failure');
  banner.hidden = error === null;
  if (error !== null) banner.textContent = error.message;
}

/** Runs what a click asks for; what goes wrong is told at the top. */
function acting(work) {
  return async (event) => {
    event?.preventDefault?.();
    try {
      fail(null);
      await work(event);
    } catch (error) {
      fail(error);
    }
  };
}

function filters() {
  const given = {};
  for (const name of FILTERS) {
    const value = byId('filters').elements[name].value.trim();
    if (value !== '') given[name] = value;
  }
  return given;
}

async function drawTopics() {
  const topics = await call('/dead-letters');
  const waiting = topics.reduce((sum, one) => sum + one.letters - one.replayed, 0);
  byId('summary').textContent = topics.length === 0 ? '● none' : `${waiting > 0 ? '▲' : '●'} ${number.format(waiting)} letters not replayed`;
  document.title = `${waiting > 0 ? `▲ ${number.format(waiting)} · ` : ''}Dead letters · Tributary`;
  const rows = topics.map((one) => {
    const open = el('button', { type: 'button', class: 'link', 'aria-pressed': String(one.connector === connector) }, one.connector);
    open.addEventListener('click', acting(() => select(one.connector)));
    const shared = one.sharedWith.length === 0 ? null : el('div', { class: 'empty' }, `shared with ${one.sharedWith.join(', ')}`);
    return el('tr', {}, el('td', {}, open), el('td', {}, one.topic, shared), count(one.letters), count(one.replayed), el('td', {}, time(one.newest)));
  });
  fill(byId('topic-table'), ['connector', 'topic', '#letters', '#replayed', 'newest record'], rows, 'No connector has a dead-letter topic. Set errors.tolerance=all and errors.deadletterqueue.topic.name on a sink, so that a record that fails does not stop it.');
}

const count = (value) => el('td', { class: 'number' }, number.format(value));

async function select(name) {
  connector = name;
  await Promise.all([drawTopics(), load()]);
}

/** Loads letters from the newest on, or adds older ones. */
async function load(older = false) {
  const given = filters();
  const at = new URL(location.pathname, location.href);
  for (const [name, value] of Object.entries({ connector, ...given })) at.searchParams.set(name, value);
  history.replaceState(null, '', at);
  const query = new URLSearchParams({ ...given, limit: '50', ...(older ? { cursor } : {}) });
  const page = await call(path(`?${query}`));
  letters = older ? [...letters, ...page.letters] : [...page.letters];
  cursor = page.cursor;
  if (!older) chosen.clear();
  draw(page, Object.keys(given).length > 0);
}

function draw(page, isFiltered) {
  byId('letters').hidden = false;
  byId('letters-title').replaceChildren(`Letters of ${connector} `, el('small', {}, page.topic));
  byId('older').hidden = cursor === null;
  const all = el('input', { type: 'checkbox', 'aria-label': 'Choose all shown' });
  all.addEventListener('change', () => {
    for (const box of document.querySelectorAll('#letter-table tbody input')) {
      box.checked = all.checked;
      choose(box.value, all.checked);
    }
  });
  const empty = isFiltered ? 'No letter matches these filters.' : 'No letters: nothing has failed.';
  fill(byId('letter-table'), [all, 'letter', 'record time', 'stage', 'cause', 'original', 'value', 'replayed'], letters.map(row), empty);
  drawChosen();
}

function row(letter) {
  const box = el('input', { type: 'checkbox', value: letter.letter, 'aria-label': `Choose ${letter.letter}` });
  box.checked = chosen.has(letter.letter);
  box.addEventListener('change', () => choose(letter.letter, box.checked));
  const open = el('button', { type: 'button', class: 'link', 'aria-expanded': 'false' }, letter.letter);
  const line = el(
    'tr',
    {},
    el('td', {}, box),
    el('td', { class: 'place' }, open, letter.replayedFrom === null ? null : el('div', { class: 'empty' }, `failed before as ${letter.replayedFrom}`)),
    el('td', {}, time(letter.timestamp)),
    el('td', {}, letter.stage ?? '–'),
    el('td', { class: 'wide' }, shortClass(letter.exception), el('div', { class: 'cause' }, letter.message ?? '')),
    el('td', { class: 'place' }, place(letter.original)),
    el('td', { class: 'payload' }, el('code', {}, letter.value?.text ?? 'null')),
    el('td', {}, letter.replayed ? el('span', { class: 'state good' }, '● yes') : 'no'),
  );
  open.addEventListener('click', acting(() => toggle(line, open, letter.letter)));
  return line;
}

const shortClass = (name) => (name === null ? 'no context headers' : name.slice(name.lastIndexOf('.') + 1));

function choose(name, is) {
  if (is) chosen.add(name);
  else chosen.delete(name);
  drawChosen();
}

function drawChosen() {
  const button = byId('replay-chosen');
  button.disabled = chosen.size === 0;
  button.textContent = chosen.size === 0 ? 'Replay chosen…' : `Replay ${chosen.size} chosen…`;
}

/** Opens or closes the details below a row; they are asked for when they are wanted. */
async function toggle(line, button, name) {
  if (line.classList.contains('open')) {
    line.classList.remove('open');
    line.nextElementSibling.remove();
    button.setAttribute('aria-expanded', 'false');
    return;
  }
  const letter = await call(path(`/${encodeURIComponent(name)}`));
  line.classList.add('open');
  button.setAttribute('aria-expanded', 'true');
  line.after(el('tr', { class: 'detail' }, el('td', { colspan: '8' }, details(letter))));
}

function details(letter) {
  const items = [
    ['task', letter.task],
    ['class', letter.class],
    ['exception', letter.exception],
    ['message', letter.message],
    ['key', bytes(letter.key)],
    ['value', bytes(letter.value)],
    ...letter.headers.map(({ name, value }) => [`header ${name}`, bytes(value)]),
    ['stack', letter.stack ? el('pre', {}, letter.stack) : null],
  ].filter(([, value]) => value !== null && value !== undefined);
  return el('dl', {}, ...items.flatMap(([title, value]) => [el('dt', {}, title), el('dd', {}, value)]));
}

function bytes(value) {
  if (value === null) return 'null';
  const notes = [
    value.as === 'hex' ? 'hexadecimal digits' : null,
    value.truncated ? `cut, ${number.format(value.bytes)} bytes in all` : null,
    value.decodeError ? `not decoded: ${value.decodeError}` : null,
  ].filter((note) => note !== null);
  return el('div', {}, el('pre', {}, value.as === 'json' ? indented(value) : value.text), notes.length === 0 ? null : el('div', { class: 'empty' }, notes.join(' · ')));
}

/** Long numbers would lose digits by way of JavaScript: then the text stays as it is. */
function indented({ text, truncated }) {
  if (truncated || /\d{16,}/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Asks first, showing what a dry run finds; then replays until all is done. */
async function replay(what, title) {
  byId('outcome').textContent = '';
  byId('confirm-text').textContent = title;
  byId('confirm-again').checked = false;
  const dialog = byId('confirm');
  const order = () => ({ ...what, to: byId('confirm-to').value, again: byId('confirm-again').checked });
  const preview = async () => {
    try {
      byId('confirm-yes').disabled = true;
      byId('confirm-plan').textContent = 'Looking …';
      const { replayed, alreadyReplayed, cursor: more, notes } = await call(path('/replay'), 'POST', { ...order(), dryRun: true });
      const already = alreadyReplayed > 0 ? `, ${number.format(alreadyReplayed)} were replayed before` : '';
      byId('confirm-plan').textContent = [`${more === null ? '' : 'At least '}${number.format(replayed)} would be replayed${already}.`, ...notes].join(' ');
      byId('confirm-yes').disabled = replayed === 0 && more === null;
    } catch (error) {
      byId('confirm-plan').textContent = error.message;
    }
  };
  byId('confirm-to').onchange = preview;
  byId('confirm-again').onchange = preview;
  dialog.returnValue = 'no';
  dialog.showModal();
  void preview();
  await new Promise((resolve) => dialog.addEventListener('close', resolve, { once: true }));
  if (dialog.returnValue !== 'yes') return;
  let done = 0;
  for (let more = null; ; ) {
    const report = await call(path('/replay'), 'POST', { ...order(), ...(more === null ? {} : { cursor: more }) });
    done += report.replayed;
    more = report.cursor;
    byId('outcome').textContent = `${number.format(done)} replayed${more === null ? '.' : `, ${number.format(report.remaining)} to look at …`} ${report.notes.join(' ')}`;
    if (more === null) break;
  }
  await Promise.all([drawTopics(), load()]);
}

byId('filters').addEventListener('submit', acting(() => load()));
byId('older').addEventListener('click', acting(() => load(true)));
byId('replay-chosen').addEventListener('click', acting(() => replay({ letters: [...chosen] }, `${chosen.size} chosen letters of ${connector}.`)));
byId('replay-all').addEventListener(
  'click',
  acting(() => {
    const filter = filters();
    const isAll = Object.keys(filter).length === 0;
    return replay(isAll ? { all: true } : { filter }, `${isAll ? 'All letters' : 'All letters that match the filters'} of ${connector}.`);
  }),
);

for (const name of FILTERS) byId('filters').elements[name].value = url.searchParams.get(name) ?? '';
await acting(async () => {
  await drawTopics();
  if (connector !== null) await load();
})();
