// Documents against their JSON Schema, for `json.fail.invalid.schema`: the assertions of draft 7, and of 2020-12 where they are the
// same, on what converters meet.
//
// Off by default and then not run at all: Connect data follows its own schema anyway; what this finds are the demands of schemas
// written by hand (lengths, patterns, ranges). Formats are not checked, as JSON Schema has it by default.
import { quoted, TributaryError } from '../../core/errors.ts';
import { safeFromBlowUp } from '../../core/java/linear-regex.ts';
import { parseJson, printJson } from '../json-text.ts';
import { isIntegerText, isJsonNumber, isJsonObject, type JsonObject, type JsonValue, numberOf } from '../json-value.ts';
import type { NamedText } from '../registry-frame.ts';

interface Place {
  readonly node: JsonValue;
  readonly root: JsonValue;
}

/** A fault: where in the document, and what is demanded there; null: none. */
type Fault = string | null;

export class JsonSchemaValidator {
  private readonly root: JsonValue;
  private readonly documents: ReadonlyMap<string, JsonValue>;
  private readonly places = new Map<JsonObject, Place>();
  private readonly patterns = new Map<string, RegExp>();

  constructor(text: string, references: readonly NamedText[]) {
    this.root = parseJson(text);
    this.documents = new Map(references.map((reference) => [reference.name, parseJson(reference.text)]));
  }

  /** Throws `data` when the document does not follow the schema. */
  demand(json: string): void {
    const fault = this.check({ node: this.root, root: this.root }, parseJson(json), '$');
    if (fault === null) return;
    throw new TributaryError('TRIB_JSON_INVALID', 'data', {
      what: `The document does not follow its JSON Schema: ${fault}.`,
      fix: 'Mend the record or the schema, or set json.fail.invalid.schema=false.',
    });
  }

  private check(place: Place, value: JsonValue, path: string): Fault {
    const { node, root } = place;
    if (node === false) return `${path} must not be there`;
    if (!isJsonObject(node)) return null;
    if (typeof node['$ref'] === 'string') return this.check(this.target(node, root), value, path);
    return (
      typeFault(node, value, path) ??
      valueFault(node, value, path) ??
      this.textFault(node, value, path) ??
      this.listFault(place, value, path) ??
      this.objectFault(place, value, path) ??
      this.combined(place, value, path)
    );
  }

  private target(node: JsonObject, root: JsonValue): Place {
    const known = this.places.get(node);
    if (known !== undefined) return known;
    const [file, pointer = ''] = String(node['$ref']).split('#') as [string, string?];
    const document = file === '' ? root : this.documents.get(file);
    if (document === undefined) {
      throw new TributaryError('TRIB_JSON_SCHEMA', 'data', {
        what: `The JSON Schema refers to ${quoted(node['$ref'])}, which is not among its references.`,
        fix: 'Register the document as a reference of the schema.',
      });
    }
    let found: JsonValue = document;
    for (const part of pointer.split('/').slice(1)) {
      const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
      found = isJsonObject(found) ? (found[name] ?? null) : Array.isArray(found) ? (found[Number(name)] ?? null) : null;
    }
    const place = { node: found, root: document };
    this.places.set(node, place);
    return place;
  }

  private textFault(node: JsonObject, value: JsonValue, path: string): Fault {
    if (typeof value !== 'string') return null;
    const { minLength, maxLength, pattern } = node;
    // Characters, not UTF-16 units: looked at only where a limit stands.
    const length = minLength === undefined && maxLength === undefined ? 0 : [...value].length;
    if (isJsonNumber(minLength) && length < numberOf(minLength)) return `${path} has ${length} characters`;
    if (isJsonNumber(maxLength) && length > numberOf(maxLength)) return `${path} has ${length} characters`;
    if (typeof pattern !== 'string' || this.pattern(pattern).test(value)) return null;
    return `${path} is ${quoted(value)}, which does not match ${quoted(pattern)}`;
  }

  private pattern(text: string): RegExp {
    let pattern = this.patterns.get(text);
    if (pattern === undefined) {
      pattern = safeFromBlowUp(text, new RegExp(text, 'u'), false);
      this.patterns.set(text, pattern);
    }
    return pattern;
  }

  private listFault({ node, root }: Place, value: JsonValue, path: string): Fault {
    if (!Array.isArray(value) || !isJsonObject(node)) return null;
    const { minItems, maxItems, items, prefixItems, contains } = node;
    if (isJsonNumber(minItems) && value.length < numberOf(minItems)) return `${path} has ${value.length} items`;
    if (isJsonNumber(maxItems) && value.length > numberOf(maxItems)) return `${path} has ${value.length} items`;
    if (node['uniqueItems'] === true && new Set(value.map(printJson)).size < value.length) {
      return `${path} holds an item twice`;
    }
    const first = Array.isArray(items) ? items : Array.isArray(prefixItems) ? prefixItems : [];
    const rest = Array.isArray(items) ? node['additionalItems'] : items;
    for (let i = 0; i < value.length; i++) {
      const of = i < first.length ? first[i] : rest;
      const fault = of === undefined ? null : this.check({ node: of, root }, value[i]!, `${path}[${i}]`);
      if (fault !== null) return fault;
    }
    if (contains === undefined || value.some((item) => this.check({ node: contains, root }, item, path) === null)) {
      return null;
    }
    return `${path} holds no item of the kind it must contain`;
  }

  private objectFault({ node, root }: Place, value: JsonValue, path: string): Fault {
    if (!isJsonObject(value) || !isJsonObject(node)) return null;
    const { required, propertyNames } = node;
    const missing = Array.isArray(required) ? required.find((name) => value[String(name)] === undefined) : undefined;
    if (missing !== undefined) return `${path}.${String(missing)} is missing`;
    for (const [name, item] of Object.entries(value)) {
      const named =
        propertyNames === undefined ? null : this.check({ node: propertyNames, root }, name, `name ${name}`);
      const fault = named ?? this.propertyFault({ node, root }, name, item, `${path}.${name}`);
      if (fault !== null) return fault;
    }
    const count = Object.keys(value).length;
    const { minProperties, maxProperties } = node;
    if (isJsonNumber(minProperties) && count < numberOf(minProperties)) return `${path} has ${count} properties`;
    return isJsonNumber(maxProperties) && count > numberOf(maxProperties) ? `${path} has ${count} properties` : null;
  }

  private propertyFault({ node, root }: Place, name: string, item: JsonValue, path: string): Fault {
    const { properties, patternProperties, additionalProperties } = node as JsonObject;
    const own = isJsonObject(properties) ? properties[name] : undefined;
    const parts = own === undefined ? [] : [own];
    for (const [pattern, of] of Object.entries(isJsonObject(patternProperties) ? patternProperties : {})) {
      if (this.pattern(pattern).test(name)) parts.push(of);
    }
    if (parts.length === 0 && additionalProperties !== undefined) parts.push(additionalProperties);
    for (const of of parts) {
      const fault = this.check({ node: of, root }, item, path);
      if (fault !== null) return fault;
    }
    return null;
  }

  private combined({ node, root }: Place, value: JsonValue, path: string): Fault {
    if (!isJsonObject(node)) return null;
    const { allOf, anyOf, oneOf, not } = node;
    const faultOf = (of: JsonValue): Fault => this.check({ node: of, root }, value, path);
    for (const part of Array.isArray(allOf) ? allOf : []) {
      const fault = faultOf(part);
      if (fault !== null) return fault;
    }
    if (Array.isArray(anyOf) && !anyOf.some((of) => faultOf(of) === null)) return `${path} is none of what it may be`;
    if (Array.isArray(oneOf)) {
      const fitting = oneOf.filter((of) => faultOf(of) === null).length;
      if (fitting !== 1) return `${path} fits ${fitting} of the types of which it must be one`;
    }
    if (not !== undefined && faultOf(not) === null) return `${path} is what it must not be`;
    if (node['if'] === undefined) return null;
    const branch = node[faultOf(node['if']) === null ? 'then' : 'else'];
    return branch === undefined ? null : faultOf(branch);
  }
}

function typeFault(node: JsonObject, value: JsonValue, path: string): Fault {
  const { type } = node;
  if (type === undefined) return null;
  const types = Array.isArray(type) ? type : [type];
  if (types.some((one) => isOf(one, value))) return null;
  return `${path} is ${quoted(printJson(value))} and not ${types.map(String).join(' or ')}`;
}

function isOf(type: JsonValue, value: JsonValue): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isJsonObject(value);
    case 'number':
      return isJsonNumber(value);
    case 'integer':
      return isJsonNumber(value) && (isIntegerText(value) || Number.isInteger(numberOf(value)));
    default:
      return typeof value === type;
  }
}

function valueFault(node: JsonObject, value: JsonValue, path: string): Fault {
  const shown = (): string => `${path} is ${quoted(printJson(value))}`;
  const { const: only, enum: symbols } = node;
  if (only !== undefined && printJson(only) !== printJson(value)) return `${shown()} and not ${printJson(only)}`;
  if (Array.isArray(symbols) && !symbols.some((symbol) => printJson(symbol) === printJson(value))) {
    return `${shown()} and not one of ${symbols.map(printJson).join(', ')}`;
  }
  if (!isJsonNumber(value)) return null;
  const number = numberOf(value);
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = node;
  const isWrong =
    (isJsonNumber(minimum) && number < numberOf(minimum)) ||
    (isJsonNumber(maximum) && number > numberOf(maximum)) ||
    (isJsonNumber(exclusiveMinimum) && number <= numberOf(exclusiveMinimum)) ||
    (isJsonNumber(exclusiveMaximum) && number >= numberOf(exclusiveMaximum)) ||
    (isJsonNumber(multipleOf) && !Number.isInteger(number / numberOf(multipleOf)));
  return isWrong ? `${shown()}, which is out of its range` : null;
}
