// Where in which file a module that cannot be imported is wrong.
//
// The engine does not say it of modules whose syntax is wrong: nothing but "Unexpected end of input" arrives, and the file may be one
// that the module imports. So each file that was resolved on the way is checked by a process of its own, which prints the place.
import { execFile } from 'node:child_process';
import { registerHooks } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const FILES_MAX = 50;
const CHECK_LIMIT_MS = 5_000;

/** Imports a module. Throws what goes wrong with file, line and column in its text, as far as they can be found. */
export async function importPlaced(url: string): Promise<unknown> {
  const resolved = new Set([url]);
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      if (resolved.size < FILES_MAX) resolved.add(found.url);
      return found;
    },
  });
  try {
    return await import(url);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isToldByNode = /^ERR_/.test(String((error as NodeJS.ErrnoException).code));
    const trace = error.stack ?? '';
    const inTrace = placeAtHead(trace) ?? (isToldByNode ? null : placeOfFrame(trace));
    const place = inTrace ?? (error.name === 'SyntaxError' ? await checked(resolved) : null);
    if (place === null || error.message.includes(place)) throw error;
    throw Object.assign(new Error(`${error.name}: ${error.message} (${place})`, { cause: error }), {
      name: error.name,
    });
  } finally {
    hooks.deregister();
  }
}

/** The first of the files whose syntax is wrong, with the place. */
async function checked(urls: ReadonlySet<string>): Promise<string | null> {
  for (const url of urls) {
    if (!/^file:.*\.[cm]?[jt]s$/.test(url)) continue;
    const told = await syntaxOf(fileURLToPath(url));
    const place = told === null ? null : placeAtHead(told);
    if (place !== null) return place;
  }
  return null;
}

/** What Node says of the syntax of a file; null when it is right. Nothing of the file is run. */
function syntaxOf(file: string): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--check', file], { timeout: CHECK_LIMIT_MS }, (error, _out, said) =>
      resolve(error === null ? null : said),
    );
  });
}

/** `file:line:column` where a trace begins with it: the line of code stands below, and a caret below that. */
function placeAtHead(trace: string): string | null {
  const head = /^(\S.*):(\d+)\n/.exec(trace);
  if (head === null || /^\w*Error\b/.test(trace)) return null;
  // Where the end of the file is what is wrong there is no caret.
  const caret = /^ *\^/.exec(trace.split('\n')[2] ?? '')?.[0].length;
  return `${shown(head[1]!)}:${head[2]}${caret === undefined ? '' : `:${caret}`}`;
}

/** The same of the first frame in a file. */
function placeOfFrame(trace: string): string | null {
  const frame = /^ {4}at (?:.*\()?(file:\/\/\/[^)\n]+):(\d+):(\d+)\)?$/m.exec(trace);
  return frame === null || frame[1] === import.meta.url ? null : `${shown(frame[1]!)}:${frame[2]}:${frame[3]}`;
}

/** As somebody in this folder would name it. */
function shown(file: string): string {
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  const near = relative('.', path);
  return near.startsWith('..') ? path : near;
}
