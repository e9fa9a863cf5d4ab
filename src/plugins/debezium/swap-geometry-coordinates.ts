// Swaps x and y of geometries: longitude first becomes latitude first, and back.

import type { TransformDef } from '../../connect/plugins.ts';
import type { SettingValue } from '../../core/config/define.ts';
import { parseInt32 } from '../../core/data/long.ts';
import { DEBEZIUM_VERSION } from './envelope.ts';
import { geometrySample, rewriteGeometries } from './geometry-columns.ts';
import { LOW } from './setting-checks.ts';
import { AxisSwapper } from './wkb.ts';

const DEFAULT_SRIDS = [4326, 3857, 4269];

/** Debezium's `SwapGeometryCoordinates`. */
export const swapGeometryCoordinates: TransformDef = {
  kind: 'transform',
  name: 'SwapGeometryCoordinates',
  classes: ['io.debezium.transforms.SwapGeometryCoordinates'],
  version: DEBEZIUM_VERSION,
  doc: 'Swaps x and y (longitude and latitude) in geometries, WKB or EWKB, of the SRIDs that are named. Z and M stay. Only columns of type Geometry change: Point and Geography stay, as in Debezium.',
  config: [
    {
      ...LOW,
      name: 'srids',
      type: 'STRING',
      fallback: null,
      width: 'MEDIUM',
      displayName: 'Geometry SRIDs that should be considered for coordinate swapping',
      doc: `SRIDs, separated by commas, whose geometries are swapped; without it ${DEFAULT_SRIDS.join(', ')}. The field srid counts; geometries without it stay.`,
      check: onlyIntegers,
    },
  ],
  examples: [
    {
      config: { srids: '4326' },
      given: geometrySample('0101000000000000000000f03f0000000000000040', 4326),
      gives: geometrySample('01010000000000000000000040000000000000f03f', 4326),
    },
  ],
  create: (config) => {
    const text = config['srids'] ?? null;
    const srids = new Set(text === null ? DEFAULT_SRIDS : members(String(text)).map(parseInt32));
    const swapper = new AxisSwapper();
    return rewriteGeometries((wkb, srid) => (srid !== null && srids.has(srid) ? swapper.swap(wkb) : wkb), true);
  },
};

function onlyIntegers(value: SettingValue): string | null {
  const wrong = value === null ? undefined : members(String(value)).find((member) => parseInt32(member) === null);
  return wrong === undefined ? null : `"${wrong}" is no SRID: write whole numbers, separated by commas`;
}

/** Empty members at the end do not count, as in Java. */
function members(text: string): readonly string[] {
  const parts = text.split(',').map((part) => part.trim());
  while (parts.length > 1 && parts.at(-1) === '') parts.pop();
  return parts;
}
