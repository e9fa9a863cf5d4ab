// Routes each record to the topic that an expression names.

import type { TransformDef } from '../../connect/plugins.ts';
import { dataFault } from '../faults.ts';
import { DEBEZIUM_VERSION } from './envelope.ts';
import { changeEvent } from './sample-event.ts';
import type { ScriptEngine } from './script/engine.ts';
import { script, scriptSettings } from './script/scripting.ts';

/** Debezium's `ContentBasedRouter`. */
export function contentBasedRouter(engine: ScriptEngine): TransformDef {
  return {
    kind: 'transform',
    name: 'ContentBasedRouter',
    classes: ['io.debezium.transforms.ContentBasedRouter'],
    version: DEBEZIUM_VERSION,
    doc: 'Routes a record to the topic that a JavaScript expression over key, value, keySchema, valueSchema, topic and header gives; null leaves it where it is. The expression runs in a sandbox: it sees the record and nothing else.',
    config: scriptSettings({
      name: 'topic.expression',
      displayName: 'Topic name expression',
      doc: "A JavaScript expression that gives the new topic, or null, such as value.op == 'd' ? 'deletes' : null.",
    }),
    examples: [
      {
        config: { language: 'jsr223.graal.js', 'topic.expression': "value.op == 'u' ? 'updates' : null" },
        given: changeEvent('u', [7, 'old'], [7, 'new']),
        gives: changeEvent('u', [7, 'old'], [7, 'new'], { topic: 'updates' }),
      },
    ],
    prepare: () => engine.prepare(),
    create: (config) => {
      const { evaluate, verdict } = script(engine, config, 'topic.expression');
      return (record) => {
        const meaning = verdict(record);
        if (meaning !== 'evaluate') return meaning === 'pass' ? record : null;
        const topic = evaluate(record);
        if (topic === null || topic === undefined) return record;
        if (typeof topic === 'string') return record.withTopic(topic);
        throw dataFault(`The expression of "topic.expression" gave a ${typeof topic} instead of a topic name.`);
      };
    },
  };
}
