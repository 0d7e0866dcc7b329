/**
 * The element at an index that must exist. In a hot loop over a typed array read it directly: this call costs more than
 * the work.
 *
 * @throws RangeError naming the index and the length
 */
export function elementAt<T>(list: ArrayLike<T>, index: number): T {
  const element = list[index];
  if (element !== undefined) return element;
  throw new RangeError(`no element ${index} in ${list.length}`);
}

/** The last element of a list that is not empty. @throws RangeError when it is */
export function lastOf<T>(list: ArrayLike<T>): T {
  return elementAt(list, list.length - 1);
}
