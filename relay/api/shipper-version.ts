import type { EdgeRequest } from './http.ts'
import { headerOf } from './http.ts'

/** The `User-Agent` of a shipper. */
const SHIPPER = /^flux-relay\/([\w.+-]{1,64})$/

/** The version of the shipper that sent a request; undefined for any other sender. */
export function shipperVersion(request: Pick<EdgeRequest, 'headers'>): string | undefined {
  return SHIPPER.exec(headerOf(request, 'user-agent') ?? '')?.[1]
}
