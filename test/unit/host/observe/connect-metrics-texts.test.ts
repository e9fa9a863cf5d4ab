import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TextFamilies } from '../../../../src/host/observe/connect-metrics-texts.ts';

const FACTS = { 'task-class': 'FileTask' };
const shown = (families: ReturnType<TextFamilies['of']>) =>
  families.map(({ attribute, labels }) => `${attribute}: ${labels.join(' ')}`);

test('texts are labels of metrics that are 1, made anew only when a state or a config has changed', () => {
  const texts = new TextFamilies('connector-task');
  const task = { labels: '{task="0"}', facts: FACTS };

  const first = texts.of([{ ...task, state: 'RUNNING' }]);
  const same = texts.of([{ ...task, state: 'RUNNING' }]);
  const paused = texts.of([{ ...task, state: 'PAUSED' }]);

  assert.deepEqual(shown(first), [
    ': {task="0",status="running"}',
    'status: {task="0",status="running"}',
    'task-class: {task="0",task_class="FileTask"}',
  ]);
  assert.equal(same, first);
  assert.equal(shown(paused)[1], 'status: {task="0",status="paused"}');
  assert.deepEqual(texts.of([]), []);
});
