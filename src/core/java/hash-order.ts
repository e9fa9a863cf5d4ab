// Java's hash of texts and the order in which its hash maps are walked: results that depend on it must agree with the reference's.

/** Java's `String.hashCode`. */
export function stringHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(31, hash) + text.charCodeAt(i)) | 0;
  return hash;
}

/**
 * The items in the order of a Java HashMap made with their number as its capacity, which doubles above three quarters.
 * `textOf`: an item's key. `capacity`: that of a map made with another, a power of two.
 */
export function inHashOrder<Item>(
  items: readonly Item[],
  textOf: (item: Item) => string | null,
  capacity = capacityFor(items.length),
): Item[] {
  const bucketOf = (text: string | null) => {
    const hash = text === null ? 0 : stringHash(text);
    return (hash ^ (hash >>> 16)) & (capacity - 1);
  };
  // Sorting is stable, so items of one bucket keep their order of insertion.
  return items
    .map((item) => ({ item, bucket: bucketOf(textOf(item)) }))
    .sort((a, b) => a.bucket - b.bucket)
    .map(({ item }) => item);
}

function capacityFor(size: number): number {
  let capacity = 1;
  while (capacity < size) capacity *= 2;
  return size > capacity * 0.75 ? capacity * 2 : capacity;
}
