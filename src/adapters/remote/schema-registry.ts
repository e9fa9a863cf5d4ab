// A schema registry that stands on another thread. Answers are plain data; the other side keeps the cache.
import type { SchemaRegistry } from '../../ports/schema-registry.ts';
import type { Caller, Method } from './link.ts';

/** The registry behind `serveSchemaRegistry` at the other end of the link. Closing it leaves that one open. */
export function remoteSchemaRegistry(link: Caller): SchemaRegistry {
  const call = <T>(method: string, args: readonly unknown[]): Promise<T> => link.call<T>(`registry.${method}`, args);
  return {
    byId: (...args) => call('byId', args),
    latest: (...args) => call('latest', args),
    version: (...args) => call('version', args),
    lookup: (...args) => call('lookup', args),
    register: (...args) => call('register', args),
    registerWithId: (...args) => call('registerWithId', args),
    subjects: () => call('subjects', []),
    deleteSubject: (...args) => call('deleteSubject', args),
    close: async () => {},
  };
}

/** Methods for `answerCalls`. */
export function serveSchemaRegistry(registry: SchemaRegistry): ReadonlyMap<string, Method> {
  type Asked<M extends keyof SchemaRegistry> = Parameters<SchemaRegistry[M]>;
  const methods: Record<string, Method> = {
    'registry.byId': (...args: Asked<'byId'>) => registry.byId(...args),
    'registry.latest': (...args: Asked<'latest'>) => registry.latest(...args),
    'registry.version': (...args: Asked<'version'>) => registry.version(...args),
    'registry.lookup': (...args: Asked<'lookup'>) => registry.lookup(...args),
    'registry.register': (...args: Asked<'register'>) => registry.register(...args),
    'registry.registerWithId': (...args: Asked<'registerWithId'>) => registry.registerWithId(...args),
    'registry.subjects': () => registry.subjects(),
    'registry.deleteSubject': (...args: Asked<'deleteSubject'>) => registry.deleteSubject(...args),
  };
  return new Map(Object.entries(methods));
}
