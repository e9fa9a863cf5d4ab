// The last look at a connector's config before it is stored.
import type { RawConfig } from '../../core/config/define.ts';
import { TributaryError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { Environment } from '../environment.ts';
import { adviceOn } from './config-advice.ts';
import { dryRun } from './dry-run.ts';
import { connectorOf, messagesOf, validateConnector } from './validate.ts';

/** Refuses a config with every message, in Connect's words; what is merely a likely slip is logged. */
export async function checkConnector(config: RawConfig, environment: Environment, log: Logger): Promise<void> {
  const resolved = environment.providers.resolve(config);
  connectorOf(resolved, environment);
  const infos = await validateConnector(config, environment);
  const messages = [...messagesOf(infos)];
  if (messages.length === 0) messages.push(...(await dryRun(resolved, environment)));
  const advice = adviceOn(resolved, infos, environment.providers);
  if (messages.length === 0) {
    for (const line of advice) log.warn(line, { connector: config['name'] ?? null });
    return;
  }
  throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
    what: [
      `Connector configuration is invalid and contains the following ${messages.length} error(s):`,
      ...messages.map((message) => environment.redactor.redact(message)),
      ...advice,
      'You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`',
    ].join('\n'),
  });
}
