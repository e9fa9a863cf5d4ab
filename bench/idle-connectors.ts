// Many connectors that have nothing to do, and calls of a Connect worker's REST API: what the benches of a full host share.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Half follow an empty file into a topic, half read that topic, which has no records, into a file; a task each. */
export function idleConfig(index: number, folder: string, prefix: string): Record<string, string> {
  const file = join(folder, index % 2 === 0 ? 'empty.txt' : `out-${index}.txt`);
  const own =
    index % 2 === 0
      ? { 'connector.class': 'FileStreamSource', topic: `${prefix}-out`, file }
      : { 'connector.class': 'FileStreamSink', topics: `${prefix}-out`, file };
  const text = 'org.apache.kafka.connect.storage.StringConverter';
  return { ...own, 'tasks.max': '1', 'key.converter': text, 'value.converter': text };
}

/** Calls and answers the body, parsed where it is JSON. A conflict is tried again, as clients do. */
export async function callWorker(url: string, method: string, path: string, body?: unknown): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch(`${url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await answer.text();
    if (answer.status === 409 && attempt < 100) await pause(100);
    else if (answer.ok) return text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text;
    else throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 200)}`);
  }
}
