import type { RawConfig } from '../core/config/define.ts';

/** Settings that tell best what a connector is connected to, in order of preference. */
const TELLING = ['braze.event.name', 'braze.object', 'file', 'replay.files', 'url'] as const;

/** What a connector is outside, e.g. `BrazeSink · first_order`; null for processors, unless they read another cluster. */
export function nearestOutside(kind: string, name: string, config: RawConfig): string | null {
  if (kind === 'processor')
    return readsElsewhere(config) ? `Kafka · ${config['source.cluster.alias'] ?? 'source'}` : null;
  const title = name.replace(/(Sink|Source)?(Connector)?$/, '') || name;
  for (const setting of TELLING) {
    const value = config[setting];
    if (value && !value.includes('${')) return `${title} · ${short(value)}`;
  }
  return title;
}

function short(value: string): string {
  const first = value.split(',')[0]!;
  const base = first.slice(first.lastIndexOf('/') + 1);
  return value.includes(',') ? `${base}, …` : base;
}

/** Its `topics` are those of another cluster. */
export function readsElsewhere(config: RawConfig): boolean {
  const brokers = config['source.cluster.bootstrap.servers']?.trim() ?? '';
  return brokers !== '' && brokers !== 'embedded';
}
