// Puts the SRID into geometries, or takes it out: WKB to EWKB and back.

import type { TransformDef } from '../../connect/plugins.ts';
import { DEBEZIUM_VERSION } from './envelope.ts';
import { geometrySample, rewriteGeometries } from './geometry-columns.ts';
import { anyCase, LOW } from './setting-checks.ts';
import { hasSrid, withoutSrid, withSrid } from './wkb.ts';

/** Debezium's `GeometryFormatTransformer`. */
export const geometryFormatTransformer: TransformDef = {
  kind: 'transform',
  name: 'GeometryFormatTransformer',
  classes: ['io.debezium.transforms.GeometryFormatTransformer'],
  version: DEBEZIUM_VERSION,
  doc: 'Turns geometries from WKB into EWKB, which holds the SRID as well, and from EWKB into WKB. Only columns of type Geometry change: Point and Geography stay, as in Debezium.',
  config: [
    {
      ...LOW,
      name: 'format',
      type: 'STRING',
      fallback: 'wkb',
      width: 'MEDIUM',
      displayName: 'Target Format',
      doc: 'The format that geometries come in, in spite of the display name (so does Debezium): wkb makes EWKB of them, with the SRID of the field srid; ewkb makes WKB. Geometries that are EWKB become WKB with either.',
      check: anyCase('ewkb', 'wkb'),
    },
  ],
  examples: [
    {
      config: { format: 'wkb' },
      given: geometrySample('0101000000000000000000f03f0000000000000040', 4326),
      gives: geometrySample('0101000020e6100000000000000000f03f0000000000000040', 4326),
    },
    {
      config: { format: 'ewkb' },
      given: geometrySample('0101000020e6100000000000000000f03f0000000000000040', 4326),
      gives: geometrySample('0101000000000000000000f03f0000000000000040', 4326),
    },
  ],
  create: (config) => {
    const addsSrid = String(config['format']).toLowerCase() === 'wkb';
    return rewriteGeometries((wkb, srid) => {
      if (hasSrid(wkb)) return withoutSrid(wkb);
      // Without an SRID the bytes are the same in both formats; the reference fails here.
      return addsSrid && srid !== null ? withSrid(wkb, srid) : wkb;
    }, false);
  },
};
