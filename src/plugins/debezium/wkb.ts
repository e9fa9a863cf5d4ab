// Well-known binary: bytes of a geometry, as databases give them and Debezium passes them on.
//
// A geometry is a byte for the byte order, four bytes for its type, and what the type holds: coordinates, counted lists of them,
// or further geometries, each with a byte order of its own. Two dialects add to it and are both read here: EWKB (PostGIS) keeps
// flags in the type's upper bits, for Z, for M, and for an SRID that follows the type; ISO adds 1000, 2000, 3000 for Z, M, ZM.
//
// Law: no input is changed, and nothing is read or counted beyond its end, whatever its counts claim.

const SRID_FLAG = 0x20;
const Z_FLAG = 0x80;
const M_FLAG = 0x40;
const FLAG_BITS = 0x1fffffff;
const HEADER_BYTES = 5;
const SRID_BYTES = 4;
/** Collections within collections; deeper ones are an attack or rubbish, and would exhaust the stack. */
const DEPTH_MAX = 64;

/** Bytes that are no geometry. The message continues a sentence that names the column. */
export class MalformedWkb extends Error {}

/** True when the geometry says its SRID itself. */
export function hasSrid(wkb: Uint8Array): boolean {
  return wkb.length >= HEADER_BYTES && (wkb[flagsIndex(wkb)]! & SRID_FLAG) !== 0;
}

/** The geometry with its SRID in it (EWKB). It has none yet. Geometries within it are left as they are: theirs is the outer one. */
export function withSrid(wkb: Uint8Array, srid: number): Uint8Array {
  requireBytes(wkb, HEADER_BYTES);
  const extended = new Uint8Array(wkb.length + SRID_BYTES);
  extended.set(wkb.subarray(0, HEADER_BYTES));
  extended[flagsIndex(wkb)]! |= SRID_FLAG;
  new DataView(extended.buffer).setInt32(HEADER_BYTES, srid, wkb[0] === 1);
  extended.set(wkb.subarray(HEADER_BYTES), HEADER_BYTES + SRID_BYTES);
  return extended;
}

/** The geometry without the SRID that it has. Z and M stay flags. */
export function withoutSrid(wkb: Uint8Array): Uint8Array {
  requireBytes(wkb, HEADER_BYTES + SRID_BYTES);
  const plain = new Uint8Array(wkb.length - SRID_BYTES);
  plain.set(wkb.subarray(0, HEADER_BYTES));
  plain[flagsIndex(wkb)]! &= ~SRID_FLAG;
  plain.set(wkb.subarray(HEADER_BYTES + SRID_BYTES), HEADER_BYTES);
  return plain;
}

/** Swaps the first two coordinates of every point. One for each use: it keeps its place while it walks. */
export class AxisSwapper {
  #view = new DataView(new ArrayBuffer(0));
  #at = 0;

  /** The geometry with x and y swapped; Z and M stay. */
  swap(wkb: Uint8Array): Uint8Array {
    const copy = new Uint8Array(wkb);
    this.#view = new DataView(copy.buffer);
    this.#at = 0;
    this.#geometry(0, 0);
    return copy;
  }

  /** @param wanted the type that its holder asks for; 0: any. */
  #geometry(depth: number, wanted: number): void {
    if (depth > DEPTH_MAX) throw new MalformedWkb(`nests geometries more than ${DEPTH_MAX} deep`);
    this.#require(HEADER_BYTES);
    const order = this.#view.getUint8(this.#at);
    if (order > 1) throw new MalformedWkb(`has byte order ${order} at byte ${this.#at}; 0 and 1 exist`);
    const isLittle = order === 1;
    const code = this.#view.getUint32(this.#at + 1, isLittle);
    const flags = code >>> 24;
    const plainCode = code & FLAG_BITS;
    const type = plainCode % 1000;
    if (plainCode >= 4000 || (wanted !== 0 && type !== wanted)) throw this.#unknownType(plainCode);
    this.#at += (flags & SRID_FLAG) === 0 ? HEADER_BYTES : HEADER_BYTES + SRID_BYTES;
    this.#content(type, pointBytes(flags, plainCode), { isLittle, depth });
  }

  #content(type: number, point: number, { isLittle, depth }: { isLittle: boolean; depth: number }): void {
    switch (type) {
      case 1: // POINT
        return this.#points(1, point);
      case 2: // LINESTRING
      case 8: // CIRCULARSTRING
        return this.#points(this.#count(isLittle), point);
      case 3: // POLYGON
      case 17: // TRIANGLE
        return this.#rings(point, isLittle);
      case 4: // MULTIPOINT, of POINT
      case 5: // MULTILINESTRING, of LINESTRING
      case 6: // MULTIPOLYGON, of POLYGON
        return this.#members(isLittle, depth, type - 3);
      case 7: // GEOMETRYCOLLECTION
      case 9: // COMPOUNDCURVE
      case 10: // CURVEPOLYGON
      case 11: // MULTICURVE
      case 12: // MULTISURFACE
      case 15: // POLYHEDRALSURFACE
      case 16: // TIN
        return this.#members(isLittle, depth, 0);
      default:
        throw this.#unknownType(type);
    }
  }

  #members(isLittle: boolean, depth: number, wanted: number): void {
    const count = this.#count(isLittle);
    for (let i = 0; i < count; i++) this.#geometry(depth + 1, wanted);
  }

  #rings(point: number, isLittle: boolean): void {
    const count = this.#count(isLittle);
    for (let i = 0; i < count; i++) this.#points(this.#count(isLittle), point);
  }

  /** Coordinates are moved as they stand, in halves: neither the byte order nor a NaN's bits matter. */
  #points(count: number, point: number): void {
    this.#require(count * point);
    const view = this.#view;
    const end = this.#at + count * point;
    for (let at = this.#at; at < end; at += point) {
      const upper = view.getUint32(at);
      const lower = view.getUint32(at + 4);
      view.setUint32(at, view.getUint32(at + 8));
      view.setUint32(at + 4, view.getUint32(at + 12));
      view.setUint32(at + 8, upper);
      view.setUint32(at + 12, lower);
    }
    this.#at = end;
  }

  #count(isLittle: boolean): number {
    this.#require(4);
    const count = this.#view.getUint32(this.#at, isLittle);
    this.#at += 4;
    return count;
  }

  #require(bytes: number): void {
    if (this.#at + bytes <= this.#view.byteLength) return;
    throw new MalformedWkb(`ends at byte ${this.#view.byteLength}, where ${this.#at + bytes} bytes are needed`);
  }

  #unknownType(type: number): MalformedWkb {
    return new MalformedWkb(`has a geometry of type ${type}, which cannot stand there (read up to byte ${this.#at})`);
  }
}

/** Bytes of one point: two to four coordinates. */
function pointBytes(flags: number, plainCode: number): number {
  const dialect = Math.trunc(plainCode / 1000);
  const hasZ = (flags & Z_FLAG) !== 0 || dialect === 1 || dialect === 3;
  const hasM = (flags & M_FLAG) !== 0 || dialect >= 2;
  return 16 + (hasZ ? 8 : 0) + (hasM ? 8 : 0);
}

/** Where the type's uppermost byte stands. */
function flagsIndex(wkb: Uint8Array): number {
  return wkb[0] === 1 ? 4 : 1;
}

function requireBytes(wkb: Uint8Array, bytes: number): void {
  if (wkb.length < bytes) throw new MalformedWkb(`ends at byte ${wkb.length}, where ${bytes} bytes are needed`);
  if (wkb[0]! > 1) throw new MalformedWkb(`has byte order ${wkb[0]} at byte 0; 0 and 1 exist`);
}
