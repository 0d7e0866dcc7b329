/**
 * Where an auditor reads lists of positions, one after another: half a megabyte each, and to allocate one anew for every shard costs
 * more than to hash it. It grows to the largest that was asked for, and is never given back.
 *
 * @returns gives room of at least so many bytes, valid until the next call
 */
export function createListRoom(): (bytes: number) => Uint8Array {
  let room = new Uint8Array(0);
  return (bytes) => {
    if (room.length < bytes) room = new Uint8Array(bytes);
    return room;
  };
}
