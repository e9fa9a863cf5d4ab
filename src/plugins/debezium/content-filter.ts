// Keeps the records for which an expression is true.

import type { TransformDef } from '../../connect/plugins.ts';
import { dataFault } from '../faults.ts';
import { DEBEZIUM_VERSION } from './envelope.ts';
import { changeEvent } from './sample-event.ts';
import type { ScriptEngine } from './script/engine.ts';
import { script, scriptSettings } from './script/scripting.ts';

/** Debezium's `Filter`. Its simple name belongs to Kafka's transform: configs name this one in full. */
export function contentFilter(engine: ScriptEngine): TransformDef {
  return {
    kind: 'transform',
    name: 'ContentFilter',
    classes: ['io.debezium.transforms.Filter'],
    version: DEBEZIUM_VERSION,
    doc: 'Keeps the records for which a JavaScript expression over key, value, keySchema, valueSchema, topic and header is true. The expression runs in a sandbox: it sees the record and nothing else.',
    config: scriptSettings({
      name: 'condition',
      displayName: 'Filtering condition',
      doc: "A JavaScript expression that is true for the records to keep, such as value.op == 'u' && value.after.id > 5.",
    }),
    examples: [
      {
        config: { language: 'jsr223.graal.js', condition: "value.op == 'u' && value.after.id > 5" },
        given: changeEvent('u', [7, 'old'], [7, 'new']),
        gives: changeEvent('u', [7, 'old'], [7, 'new']),
      },
      {
        config: { language: 'jsr223.graal.js', condition: "value.op == 'u' && value.after.id > 5" },
        given: changeEvent('c', null, [7, 'new']),
        gives: null,
      },
    ],
    prepare: () => engine.prepare(),
    create: (config) => {
      const { evaluate, verdict } = script(engine, config, 'condition');
      return (record) => {
        const meaning = verdict(record);
        if (meaning !== 'evaluate') return meaning === 'pass' ? record : null;
        const result = evaluate(record);
        if (result === true) return record;
        if (result === false) return null;
        throw dataFault(
          `The expression of "condition" gave ${shown(result)} instead of true or false.`,
          'Compare: value.after.name !== null instead of value.after.name.',
        );
      };
    },
  };
}

function shown(result: unknown): string {
  if (typeof result === 'object' && result !== null) return 'an object';
  return typeof result === 'string' ? 'a text' : String(result);
}
