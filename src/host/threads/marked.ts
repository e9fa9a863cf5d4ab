// Plugins of third parties with a mark around each call that runs at once: a thread that is blocked then shows whose code it is in.
// The marks cost two writes to memory a call.
import type {
  ConnectorDef,
  Converter,
  ConverterDef,
  HeaderConverterDef,
  PluginDef,
  PredicateDef,
  TransformDef,
} from '../../connect/plugins.ts';
import type { ConfigDef } from '../../core/config/define.ts';
import type { CallMarks } from '../tasks/call-watch.ts';

/** @param marksNow the marks of whoever calls now: a plugin is made within the run that uses it. */
export function markedPlugin(def: PluginDef, marksNow: () => CallMarks): PluginDef {
  const named = { ...def, config: markedChecks(def, marksNow) };
  switch (named.kind) {
    case 'transform':
      return markedTransform(named, marksNow);
    case 'predicate':
      return markedPredicate(named, marksNow);
    case 'converter':
      return markedConverter(named, marksNow);
    case 'header-converter':
      return markedHeaderConverter(named, marksNow);
    default:
      return markedConnector(named, marksNow);
  }
}

function markedChecks(def: PluginDef, marksNow: () => CallMarks): ConfigDef {
  return def.config.map((setting) => {
    const { check } = setting;
    if (check === undefined) return setting;
    const name = `check of setting "${setting.name}" of ${def.name}`;
    return { ...setting, check: (value, own) => at(marksNow(), name, () => check(value, own)) };
  });
}

function markedTransform(def: TransformDef, marksNow: () => CallMarks): TransformDef {
  const { prepare } = def;
  return {
    ...def,
    ...(prepare === undefined
      ? {}
      : { prepare: () => at(marksNow(), `transform ${def.name}`, () => prepare.call(def)) }),
    create: (config, className, raw) => {
      const marks = marksNow();
      const transform = at(marks, `making of transform ${def.name}`, () => def.create(config, className, raw));
      const call = marks.number(`transform ${def.name}`);
      return (record) => {
        const before = marks.enter(call);
        try {
          return transform(record);
        } finally {
          marks.leave(before);
        }
      };
    },
  };
}

function markedPredicate(def: PredicateDef, marksNow: () => CallMarks): PredicateDef {
  return {
    ...def,
    create: (config) => {
      const marks = marksNow();
      const test = at(marks, `making of predicate ${def.name}`, () => def.create(config));
      const call = marks.number(`predicate ${def.name}`);
      return (record) => {
        const before = marks.enter(call);
        try {
          return test(record);
        } finally {
          marks.leave(before);
        }
      };
    },
  };
}

function markedConverter(def: ConverterDef, marksNow: () => CallMarks): ConverterDef {
  return {
    ...def,
    create: (config, isKey, context) => {
      const marks = marksNow();
      const own = at(marks, `making of converter ${def.name}`, () => def.create(config, isKey, context));
      const call = marks.number(`converter ${def.name}`);
      const around = <A extends unknown[], R>(work: (...args: A) => R) => {
        return (...args: A): R => {
          const before = marks.enter(call);
          try {
            return work(...args);
          } finally {
            marks.leave(before);
          }
        };
      };
      const { prepareRecord } = own;
      return {
        ...(prepareRecord === undefined ? {} : { prepareRecord: around(prepareRecord.bind(own)) }),
        prepareDecode: around<Parameters<Converter['prepareDecode']>, ReturnType<Converter['prepareDecode']>>(
          (...args) => own.prepareDecode(...args),
        ),
        decode: (topic, bytes, start, end) => {
          const before = marks.enter(call);
          try {
            return own.decode(topic, bytes, start, end);
          } finally {
            marks.leave(before);
          }
        },
        prepareEncode: around((topic, schema) => own.prepareEncode(topic, schema)),
        encode: (topic, schema, value, headers) => {
          const before = marks.enter(call);
          try {
            return own.encode(topic, schema, value, headers);
          } finally {
            marks.leave(before);
          }
        },
      };
    },
  };
}

function markedHeaderConverter(def: HeaderConverterDef, marksNow: () => CallMarks): HeaderConverterDef {
  return {
    ...def,
    create: (config) => {
      const marks = marksNow();
      const own = at(marks, `making of converter ${def.name}`, () => def.create(config));
      const name = `converter ${def.name}`;
      return {
        decode: (topic, key, value) => at(marks, name, () => own.decode(topic, key, value)),
        encode: (topic, header) => at(marks, name, () => own.encode(topic, header)),
      };
    },
  };
}

function markedConnector(def: ConnectorDef, marksNow: () => CallMarks): ConnectorDef {
  return {
    ...def,
    create: () => {
      const marks = marksNow();
      const connector = at(marks, `making of connector ${def.name}`, () => def.create());
      const { validate } = connector;
      if (validate !== undefined) {
        connector.validate = async (raw, service) => {
          const call = marks.number(`validate of ${def.name}`);
          const slot = marks.begin(call);
          try {
            return await at(marks, `validate of ${def.name}`, () => validate.call(connector, raw, service));
          } finally {
            marks.end(slot);
          }
        };
      }
      return connector;
    },
  };
}

function at<T>(marks: CallMarks, name: string, work: () => T): T {
  const before = marks.enter(marks.number(name));
  try {
    return work();
  } finally {
    marks.leave(before);
  }
}
