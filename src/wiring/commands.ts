// Commands that need the installed plugins.

import { runTransform } from '../cli/commands/transform.ts';
import type { Command } from '../cli/index.ts';
import { loadPlugins } from './plugins.ts';

export const transform: Command = async (args, io) => {
  const packages = args.flatMap((arg) => (arg.startsWith('--plugins=') ? arg.slice(10).split(',') : []));
  const { registry, problems } = await loadPlugins(packages, '.');
  for (const { message } of problems) io.err(`${message}\n`);
  if (process.stdin.isTTY && args.some((arg) => !arg.startsWith('-'))) {
    io.err('Records are read from here, one JSON object a line; Ctrl-D ends.\n');
  }
  return runTransform(args, registry, { input: process.stdin, write: (text) => io.out(text) });
};

export const evaluate: Command = async (args, io) => {
  const { EVAL_USAGE, evalCommand } = await import('../cli/commands/eval.ts');
  if (args.includes('--help') || args.includes('-h')) {
    io.out(`${EVAL_USAGE}\n`);
    return 0;
  }
  const { systemClock } = await import('../adapters/system-clock.ts');
  const clock = systemClock();
  await evalCommand(process.stdin, process.stdout, () => clock.now());
  return 0;
};
