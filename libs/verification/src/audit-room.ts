/**
 * Where an auditor reads results and lists of positions, one after another: megabytes each, and to allocate them anew for every
 * shard costs as much as to check them. What was read is valid until the next call for the same use.
 */
export interface AuditRoom {
  /** Room of at least so many bytes. */
  result(bytes: number): Uint8Array;
  positions(bytes: number): Uint8Array;
}

function growing(): (bytes: number) => Uint8Array {
  let room = new Uint8Array(0);
  return (bytes) => {
    if (room.length < bytes) room = new Uint8Array(bytes);
    return room;
  };
}

/** Room that grows to the largest that was asked for, and is never given back. */
export function createAuditRoom(): AuditRoom {
  return { result: growing(), positions: growing() };
}
