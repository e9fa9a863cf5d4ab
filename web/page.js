// What the pages share: elements, figures, and calls of the API.
export const number = new Intl.NumberFormat('en');

/** Makes an element; text is always set as text, never as markup. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null) node.setAttribute(key, value);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Fills a table with head and body rows, or says why it is empty. */
export function fill(table, heads, rows, empty) {
  if (rows.length === 0) {
    table.replaceChildren(el('tbody', {}, el('tr', {}, el('td', { class: 'empty' }, empty))));
    return;
  }
  const cells = heads.map((text) => (typeof text === 'string' ? el('th', text.startsWith('#') ? { class: 'number', scope: 'col' } : { scope: 'col' }, text.replace('#', '')) : el('th', { scope: 'col' }, text)));
  table.replaceChildren(el('thead', {}, el('tr', {}, ...cells)), el('tbody', {}, ...rows));
}

/** A JSON answer; an error carries the server's own words. */
export async function call(path, method = 'GET', body = undefined) {
  const answer = await fetch(`..${path}`, {
    method,
    cache: 'no-store',
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const parsed = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(parsed?.message ?? `HTTP ${answer.status}`);
  return parsed;
}
