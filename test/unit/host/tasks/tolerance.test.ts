import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Logs } from '../../../../src/core/log.ts';
import { Metrics } from '../../../../src/core/metrics.ts';
import { Redactor } from '../../../../src/core/redact.ts';
import { errorSettings, Tolerance } from '../../../../src/host/tasks/tolerance.ts';

test('a key that a server echoed does not stand in the headers of a dead letter', () => {
  const redactor = new Redactor();
  redactor.add('very-secret-key');
  const metrics = new Metrics();
  const tolerance = new Tolerance({
    settings: errorSettings({
      'errors.tolerance': 'all',
      'errors.deadletterqueue.topic.name': 'dlq',
      'errors.deadletterqueue.context.headers.enable': 'true',
    }),
    connector: 'sink',
    task: 0,
    log: new Logs({ write: () => {}, now: () => 0 }, 'OFF').logger('test'),
    failed: metrics.counter('records_failed', {}),
    skipped: metrics.counter('records_skipped', {}),
    redact: (text) => redactor.redact(text),
  });

  const letter = tolerance.report({
    stage: 'TASK_PUT',
    className: 'X',
    error: new Error('Bad: Bearer very-secret-key'),
    topic: 't',
    partition: 0,
    offset: 1,
  } as never);

  const headers = new Map(letter!.headers.map(([name, value]) => [name, String(value)]));
  assert.equal(headers.get('__connect.errors.exception.message'), 'Bad: Bearer [hidden]');
  assert.doesNotMatch(headers.get('__connect.errors.exception.stacktrace')!, /very-secret-key/);
});
