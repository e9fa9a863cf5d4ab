import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  encodeAssignment,
  encodeMetadata,
  parseAssignment,
  parseMetadata,
  workerMembers,
} from '../../../../src/host/group/protocol.ts';

const METADATA = { url: 'http://a:8083', ksqlUrl: null, configOffset: 7, owned: ['c|a', 'c|ß'], leaving: false };
const ASSIGNMENT = {
  error: 'none',
  leaderId: 'm-1',
  leaderUrl: 'http://a:8083',
  leaderKsqlUrl: 'http://a:8088',
  configOffset: 7,
  assigned: ['c|a'],
  revoked: ['c|b'],
  isMoving: true,
  delayMs: 300,
  memory: {
    members: [{ id: 'm-1', url: 'http://a:8083', items: 'AAECAw==' }],
    held: [{ url: 'http://b:8083', items: '', leftMs: 7 }],
  },
} as const;

function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}

test('metadata and assignments are read as they were written', () => {
  assert.deepEqual(parseMetadata(encodeMetadata(METADATA)), METADATA);
  assert.deepEqual(parseAssignment(encodeAssignment(ASSIGNMENT)), ASSIGNMENT);
});

test('fields of newer versions are passed over, missing and odd ones are neutral', () => {
  assert.deepEqual(parseMetadata(bytes('{"url":"u","v":9,"new":{},"owned":["c|a","c|a",3],"configOffset":"x"}')), {
    url: 'u',
    ksqlUrl: null,
    configOffset: 0,
    owned: ['c|a'],
    leaving: false,
  });
  assert.deepEqual(parseAssignment(bytes('{"error":"odd"}')), {
    error: 'none',
    leaderId: '',
    leaderUrl: '',
    leaderKsqlUrl: null,
    configOffset: 0,
    assigned: [],
    revoked: [],
    isMoving: false,
    delayMs: 0,
    memory: { members: [], held: [] },
  });
});

test('what is not ours is null', () => {
  const odd = ['', '{', '[]', 'null', '3', '\u0000\u0001'];

  assert.deepEqual(
    odd.map((text) => [parseMetadata(bytes(text)), parseAssignment(bytes(text))]),
    odd.map(() => [null, null]),
  );
});

test('a member that cannot be read is one that gets nothing', () => {
  const members = workerMembers([
    { id: 'm-1', metadata: encodeMetadata(METADATA) },
    { id: 'm-2', metadata: bytes('?') },
  ]);

  assert.deepEqual(members, [
    { ...METADATA, id: 'm-1' },
    { url: '', ksqlUrl: null, configOffset: 0, owned: [], leaving: true, id: 'm-2' },
  ]);
});
