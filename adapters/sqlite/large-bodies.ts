/** A body of more bytes is large: some ten times what an ordinary event has. */
export const LARGE_BYTES = 16 * 1024

/**
 * The most bytes of the large bodies that are leased at once, of which each cluster has a share: the half, while it
 * is alone. An event takes about five times its size while it is dispatched. What is not large is bounded by
 * its number.
 */
export const LARGE_BYTES_LEASED = 32 * 1024 * 1024
