import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionError, explain, KafkaError } from '../../../../src/adapters/kafkajs/error-codes.ts';

const told = (reason: string): string =>
  (explain(new ConnectionError('broker:9092', new Error(reason))) as Error).message;

test('a listener of another kind is told apart from one that is not there', () => {
  assert.match(told('Closed connection'), /Check security\.protocol/);
  assert.match(told('Request is not valid given the current SASL state'), /Check security\.protocol/);
  assert.match(told('ECONNREFUSED'), /Check bootstrap\.servers/);
});

test('a missing right is an error of its own, which names what it is for', () => {
  const error = explain(new KafkaError(53, 'connect-cluster-g')) as Error & { readonly code: string };

  assert.equal(error.code, 'TRIB_KAFKA_NOT_ALLOWED');
  assert.match(error.message, /connect-cluster-g/);
});
