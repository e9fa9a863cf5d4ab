// The end of a query: rows leave for the sink's topic, with key, time and headers (streams-and-tables.md §5, §8).
import type { SinkSpec } from '../../sql/plan/nodes.ts';
import { type Flow, keyRowText } from './flow.ts';
import type { Generation } from './generation.ts';
import { extractTimeText } from './timestamp.ts';

/** Adds the sink to the current part and answers the code that emits a flow to it. */
export function sinkText(
  generation: Generation,
  sink: SinkSpec,
  index: number,
  flow: Flow,
  result: string | null,
): string {
  const lines: string[] = [];
  // A push query shows no stream row without value.
  if (sink.backfill === 'show' && sink.shape === 'stream') flow.requireRow();
  const { unit } = generation.part;
  if (sink.backfill === 'drop') lines.push(`if (silent) ${flow.exit}`);
  const keyCount = sink.topic.key.length;
  const values = sink.topic.value.map((_, at) => flow.cells(keyCount + at, []).text);
  let time = flow.time;
  if (sink.timestamp !== null) {
    const column = [...sink.topic.key, ...sink.topic.value][sink.timestamp.column]!;
    const name = unit.name('time');
    const cell = flow.cells(sink.timestamp.column, []);
    // Deletes have no such column: they keep the time of the row that made them.
    const otherwise = `!(${flow.exists}) ? ${flow.time}`;
    lines.push(extractTimeText(generation, { ...sink.timestamp, type: column.type }, cell, otherwise, flow.exit, name));
    time = name;
  }
  const windowed = sink.topic.window === null ? flow.window === null : flow.window !== null;
  const keyRow = windowed ? keyRowText(flow) : keyRowText({ ...flow, window: null, keyRow: null });
  const isWhole = keyCount === 0 ? 'null' : keyRow;
  const key =
    keyCount === 0 || flow.keyIsNull === 'true'
      ? 'null'
      : flow.keyIsNull === 'false'
        ? isWhole
        : `${flow.keyIsNull} ? null : ${isWhole}`;
  if (sink.backfill === 'show') {
    // A push query: deleted rows are shown as well, so the first cell tells them apart.
    const skip = sink.shape === 'stream' && flow.exists !== 'true' ? `if (!(${flow.exists})) ${flow.exit}\n` : '';
    return `${skip}output.emit(${index}, ${key}, [${[flow.exists, ...values].join(', ')}], ${time}, headers, silent);`;
  }
  const row = flow.exists === 'true' ? `[${values.join(', ')}]` : `${flow.exists} ? [${values.join(', ')}] : null`;
  if (result === null) {
    lines.push(
      `output.emit(${index}, ${key}, ${row}, ${time}, headers, ${sink.backfill === 'announce' && sink.shape === 'stream' ? 'false' : 'silent'});`,
    );
  } else {
    const [keyName, rowName] = [unit.name('key'), unit.name('row')];
    lines.push(
      `const ${keyName} = ${key}, ${rowName} = ${row};`,
      `${result}.put(${keyName}, ${rowName}, ${time});`,
      `output.emit(${index}, ${keyName}, ${rowName}, ${time}, headers, silent);`,
    );
  }
  return lines.join('\n');
}
