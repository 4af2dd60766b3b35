import type { BodyRoom } from '../../relay/api/http.ts'
import { createBodyRoom } from './body-room.ts'

/** Bytes of bodies that wait for their signature, over all connections: eight of the largest. */
export const MAX_UNPROVEN_BYTES = 24 * 1024 * 1024

/** The share of it that the connections of one address may take: two of the largest bodies. */
export const MAX_UNPROVEN_BYTES_OF_ONE = MAX_UNPROVEN_BYTES / 4

/**
 * Bounds the memory of bodies whose sender is not known yet, by its address: a signature is over the whole body, so
 * anybody may send one.
 */
export function createUnprovenBodies(): BodyRoom {
  return createBodyRoom(MAX_UNPROVEN_BYTES, MAX_UNPROVEN_BYTES_OF_ONE)
}
