// Joins routes with what is said of them.
import type { Method, Operations } from './operation.ts';
import type { Resource } from './resource.ts';

/** The resources, each with what the table says of its routes, under a heading. */
export function documented(tag: string, list: readonly Resource[], operations: Operations): readonly Resource[] {
  return list.map((resource) => ({
    ...resource,
    tag,
    operations: Object.fromEntries(
      methodsOf(resource).flatMap((method) => {
        const operation = operations[routeName(method, resource.path)];
        return operation === undefined ? [] : [[method, operation] as const];
      }),
    ),
  }));
}

/** `GET /connectors/:name`. */
export function routeName(method: Method, path: string): string {
  return `${method.toUpperCase()} ${path}`;
}

/** The methods of a resource, in the order of its declaration. */
export function methodsOf(resource: Resource): readonly Method[] {
  return Object.keys(resource.on) as Method[];
}
