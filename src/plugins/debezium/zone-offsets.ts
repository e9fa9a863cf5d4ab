// Offsets of time zones, by the engine's zone data.

/** Offset from UTC, in ms. */
export interface ZoneOffsets {
  /** At an instant. */
  atInstant(ms: number): number;
  /**
   * Of a wall time, given as if it were UTC. Where a wall time does not exist or exists twice, the offset before the change
   * counts, as in Java.
   */
  ofWallTime(ms: number): number;
}

const QUARTER_MS = 900_000;
const HALF_DAY_MS = 43_200_000;

/** The offsets of a zone id or of a fixed offset such as `+02:00`; null when there is no such zone. */
export function zoneOffsets(zone: string): ZoneOffsets | null {
  const fixed = /^(?:UTC|GMT|UT)?([+-])(?:([0-9])|([0-9]{2})(?::?([0-5][0-9]))?)$/.exec(zone);
  if (fixed !== null) {
    const minutes = Number(fixed[2] ?? fixed[3]) * 60 + Number(fixed[4] ?? 0);
    return minutes > 18 * 60 ? null : constant((fixed[1] === '-' ? -minutes : minutes) * 60_000);
  }
  if (zone === 'Z') return constant(0);
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    // The engine takes a zone id and an offset in any form; Java knows ids by their case and offsets by the form above.
    const { timeZone } = format.resolvedOptions();
    const isMisspelt = timeZone !== zone && timeZone.toLowerCase() === zone.toLowerCase();
    return isMisspelt || /^[+-]/.test(zone) ? null : regionOffsets(format);
  } catch {
    // The engine knows no such zone.
    return null;
  }
}

function constant(offsetMs: number): ZoneOffsets {
  return { atInstant: () => offsetMs, ofWallTime: () => offsetMs };
}

function regionOffsets(format: Intl.DateTimeFormat): ZoneOffsets {
  // Offsets change at full quarters of an hour only, so each quarter met is asked for once.
  const known = new Map<number, number>();
  const atInstant = (ms: number) => {
    const quarter = Math.floor(ms / QUARTER_MS);
    let offset = known.get(quarter);
    if (offset === undefined) {
      offset = offsetBy(format, quarter * QUARTER_MS);
      if (known.size > 100_000) known.clear();
      known.set(quarter, offset);
    }
    return offset;
  };
  return {
    atInstant,
    ofWallTime: (ms) => {
      const before = atInstant(ms - HALF_DAY_MS - HALF_DAY_MS);
      const after = atInstant(ms + HALF_DAY_MS + HALF_DAY_MS);
      if (before === after || atInstant(ms - before) === before) return before;
      return atInstant(ms - after) === after ? after : before;
    },
  };
}

function offsetBy(format: Intl.DateTimeFormat, ms: number): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(new Date(ms))) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - ms;
}
