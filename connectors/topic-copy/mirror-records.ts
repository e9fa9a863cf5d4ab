// Offset marks, checkpoints and heartbeats in MirrorMaker 2's binary form, so that its tools and its client library
// (`RemoteClusterUtils.translateOffsets`) read ours. Numbers are big-endian; a text is its length as int16, then UTF-8.

/** Offset `upstream` of the source's partition became `downstream` in its copy. */
export interface OffsetMark {
  readonly topic: string;
  readonly partition: number;
  readonly upstream: number;
  readonly downstream: number;
}

/** A group that has read the source up to `upstream` has read the copy up to `downstream`. `topic` is the copy's. */
export interface Checkpoint {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly upstream: number;
  readonly downstream: number;
}

const CHECKPOINT_VERSION = 0;

export function offsetMarkKey(topic: string, partition: number): Buffer {
  return Buffer.concat([text(topic), int32(partition)]);
}

export function offsetMarkValue(upstream: number, downstream: number): Buffer {
  return Buffer.concat([int64(upstream), int64(downstream)]);
}

/** Null when the bytes are none of MirrorMaker's offset marks. */
export function readOffsetMark(key: Buffer, value: Buffer): OffsetMark | null {
  if (key.length < 6 || value.length < 16) return null;
  const end = 2 + key.readInt16BE(0);
  if (end < 2 || key.length < end + 4) return null;
  return {
    topic: key.toString('utf8', 2, end),
    partition: key.readInt32BE(end),
    upstream: Number(value.readBigInt64BE(0)),
    downstream: Number(value.readBigInt64BE(8)),
  };
}

export function checkpointKey(checkpoint: Checkpoint): Buffer {
  return Buffer.concat([text(checkpoint.group), text(checkpoint.topic), int32(checkpoint.partition)]);
}

export function checkpointValue(checkpoint: Checkpoint): Buffer {
  const { upstream, downstream } = checkpoint;
  return Buffer.concat([int16(CHECKPOINT_VERSION), int64(upstream), int64(downstream), text('')]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([int16(bytes.length), bytes]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int64(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}
