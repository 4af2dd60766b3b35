import { randomBytes } from 'node:crypto'

/** 256 bits, as a header can carry them; the prefix is for those who search for leaked tokens. */
export function newToken(): string {
  return `frt_${randomBytes(32).toString('base64url')}`
}
