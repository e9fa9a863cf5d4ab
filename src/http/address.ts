// Listener addresses as settings write them.
import { TributaryError } from '../core/errors.ts';

/** Host and port of a listener setting. */
export function addressOf(address: string, setting: string): { readonly host: string; readonly port: number } {
  const match = /^(?:http:\/\/)?(\[[0-9a-fA-F:]+\]|[^:/]*):(\d{1,5})\/?$/.exec(address.trim());
  const port = Number(match?.[2]);
  if (match === null || port > 65535) {
    throw new TributaryError('TRIB_CONFIG_LISTENER', 'config', {
      what: `${setting} is "${address}".`,
      fix: 'Write it as http://host:port, for example http://127.0.0.1:8083.',
    });
  }
  return { host: match[1]!.replace(/^\[|\]$/g, '') || '0.0.0.0', port };
}
