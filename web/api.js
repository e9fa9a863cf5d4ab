// The API, readable: drawn from the document that the worker serves.
import { call, el, fill } from './page.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** A schema in a few words. */
function shape(schema) {
  if (schema === undefined) return '';
  if (schema.$ref) return schema.$ref.split('/').at(-1);
  if (schema.enum) return schema.enum.join(' | ');
  if (schema.anyOf) return schema.anyOf.map(shape).join(' or ');
  if (schema.items) return `array of ${shape(schema.items)}`;
  if (schema.additionalProperties) return `object of ${shape(schema.additionalProperties)}`;
  if (schema.properties) return `{${Object.entries(schema.properties).map(([name, one]) => `${name}: ${shape(one)}`).join(', ')}}`;
  return [schema.type ?? 'anything'].flat().join(' or ');
}

const bodyOf = (holder) => Object.values(holder?.content ?? {})[0];

function operation(path, method, { summary, description, parameters = [], requestBody, responses }) {
  const rows = [
    ...parameters.map((one) => ['query', one.name, shape(one.schema), one.description]),
    ...(requestBody ? [['body', '', shape(bodyOf(requestBody).schema), bodyOf(requestBody).example ? JSON.stringify(bodyOf(requestBody).example) : '']] : []),
    ...Object.entries(responses).filter(([status]) => status !== 'default').map(([status, one]) => ['answer', status, shape(bodyOf(one)?.schema), one.description]),
  ];
  const table = el('table');
  fill(table, ['', '', 'shape', ''], rows.map((cells) => el('tr', {}, ...cells.map((cell) => el('td', { class: 'wide' }, cell)))), '');
  return el('details', {}, el('summary', {}, el('code', {}, `${method.toUpperCase()} ${path}`), ` ${summary ?? ''}`), description ? el('p', {}, description) : null, table);
}

function shapes(schemas) {
  return Object.entries(schemas).map(([name, schema]) => {
    const rows = Object.entries(schema.properties ?? {}).map(([member, one]) => el('tr', {}, el('td', {}, member), el('td', { class: 'wide' }, shape(one)), el('td', { class: 'wide' }, one.description ?? '')));
    const table = el('table');
    fill(table, ['member', 'type', ''], rows, shape(schema));
    return el('details', {}, el('summary', {}, el('code', {}, name)), table);
  });
}

const { tags, paths, components } = await call('/openapi.json');
const sections = tags.map(({ name }) => {
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]?.tags.includes(name)).map((method) => operation(path, method, item[method])),
  );
  return el('section', {}, el('h2', {}, name), ...operations);
});
document.getElementById('api').replaceChildren(...sections, el('section', {}, el('h2', {}, 'Shapes'), ...shapes(components.schemas)));
