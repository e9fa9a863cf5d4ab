// The command line against a worker behind its REST API.
import { type CliParts, trib } from '../../src/cli/index.ts';
import type { RestWorld } from './rest-world.ts';

/** What a command left. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `trib` with these arguments; `readConnectors` is what reads files of connectors. */
export async function runCli(
  world: RestWorld,
  args: readonly string[],
  readConnectors: CliParts['readConnectors'] = async () => () => [],
): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const io = {
    out: (text: string) => out.push(text),
    err: (text: string) => err.push(text),
    isTerminal: false,
    environment: { TRIB_SERVER: world.url },
    sleep: async () => {},
    onInterrupt: () => () => {},
  };
  const parts = {
    version: '1',
    startHost: () => Promise.reject(new Error('not here')),
    readConnectors,
    commands: {},
  };
  const code = await trib(args, io, parts);
  return { code, out: out.join(''), err: err.join('') };
}
