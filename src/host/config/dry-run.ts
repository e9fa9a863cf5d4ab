// Makes what the tasks of a connector will make, so that settings which only fail together are refused before there is a task.
import type { RawConfig } from '../../core/config/define.ts';
import { compileChain, prepareChain } from '../../plugins/chain.ts';
import type { Environment } from '../environment.ts';
import { makeConverter, makeHeaderConverter } from '../tasks/converters.ts';
import { checkGroups } from '../tasks/topic-creation.ts';

/** What is wrong with a config whose settings are right one by one. `raw` has its references resolved. */
export async function dryRun(raw: RawConfig, environment: Environment): Promise<readonly string[]> {
  const elsewhere = environment.isolation?.validate(raw) ?? null;
  if (elsewhere !== null) return (await elsewhere).problems;
  try {
    await prepareChain(raw, environment.plugins);
    compileChain(raw, environment.plugins);
    checkGroups(raw);
    if (raw['key.converter']) makeConverter('key', raw, environment);
    if (raw['value.converter']) makeConverter('value', raw, environment);
    if (raw['header.converter']) makeHeaderConverter(raw, environment);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
