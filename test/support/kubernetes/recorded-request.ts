/** A request that came with the token of the test, with its answer. */
export interface RecordedRequest {
  /** `list watch get create update patch delete`; `get` for paths that are of no resource. */
  readonly verb: string
  readonly group: string
  /** With its subresource: `alerts/status`; empty for discovery. */
  readonly resource: string
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  /** With its query. */
  readonly path: string
  readonly status: number
}

/** Which requests; each field that is there has to be equal. */
export type RequestPattern = Partial<Omit<RecordedRequest, 'status' | 'path'>>

export function isLike(request: RequestPattern, pattern: RequestPattern): boolean {
  return (
    (pattern.verb ?? request.verb) === request.verb &&
    (pattern.group ?? request.group) === request.group &&
    (pattern.resource ?? request.resource) === request.resource &&
    (pattern.namespace ?? request.namespace) === request.namespace &&
    (pattern.name ?? request.name) === request.name
  )
}
