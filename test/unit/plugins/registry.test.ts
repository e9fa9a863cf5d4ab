import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInPlugins, PluginRegistry } from '../../../src/plugins/index.ts';

const registry = new PluginRegistry(builtInPlugins);

test('a plugin answers to its full, simple and stripped name', () => {
  const names = ['org.apache.kafka.connect.transforms.RegexRouter', 'RegexRouter'].map(
    (name) => registry.find('transform', name)?.className,
  );

  assert.deepEqual(names, [
    'org.apache.kafka.connect.transforms.RegexRouter',
    'org.apache.kafka.connect.transforms.RegexRouter',
  ]);
  assert.equal(registry.find('converter', 'Json')?.className, 'org.apache.kafka.connect.json.JsonConverter');
});

test('an inner class answers to its full name only', () => {
  assert.equal(
    registry.find('transform', 'org.apache.kafka.connect.transforms.Cast$Key')?.className,
    'org.apache.kafka.connect.transforms.Cast$Key',
  );
  assert.equal(registry.find('transform', 'Cast$Key'), null);
  assert.equal(registry.find('transform', 'Cast'), null);
});

test('the outer class of inner ones is answered with these, and a slip in an inner one with the right one', () => {
  assert.equal(
    registry.suggest(['transform'], 'MaskField'),
    'org.apache.kafka.connect.transforms.MaskField$Key or org.apache.kafka.connect.transforms.MaskField$Value',
  );
  assert.equal(
    registry.suggest(['transform'], 'ReplaceFeild$Value'),
    'org.apache.kafka.connect.transforms.ReplaceField$Value',
  );
  assert.equal(registry.suggest(['transform'], 'SomethingElseAltogether'), null);
});

test('a kind does not answer for another', () => {
  assert.equal(registry.find('predicate', 'RegexRouter'), null);
  assert.equal(registry.findAny('RegexRouter')?.def.kind, 'transform');
});

test('a class that is not there is answered in words of Connect, and with the one that was meant', () => {
  assert.equal(
    registry.unknown(['transform'], 'HoistField$Value'),
    'Class HoistField$Value could not be found. Did you mean org.apache.kafka.connect.transforms.HoistField$Value?',
  );
  assert.equal(registry.unknown(['converter'], 'no.such.X'), 'Class no.such.X could not be found.');
});

test('an unknown name is answered with the nearest', () => {
  assert.throws(() => registry.get('transform', 'RegxRouter'), {
    code: 'TRIB_PLUGIN_UNKNOWN',
    message: 'Class RegxRouter could not be found. Did you mean org.apache.kafka.connect.transforms.RegexRouter?',
  });
  assert.equal(
    registry.suggest(['transform'], 'com.acme.extractnewrecordstate'),
    'io.debezium.transforms.ExtractNewRecordState',
  );
});
