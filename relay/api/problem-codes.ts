/** The HTTP statuses that a refused request can get, with the phrases of RFC 9110. */
export const STATUS_PHRASES = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const

export type ProblemStatus = keyof typeof STATUS_PHRASES

interface ProblemKind {
  readonly status: ProblemStatus
  /** What the code means: one sentence for the API's pages. */
  readonly meaning: string
}

/**
 * Every reason for which a request is refused, by its code, which is the `type` of the problem
 * document (RFC 9457, section 3.1.1). The list is closed: a client decides by the code what to do,
 * and treats an unknown code by its status.
 */
export const PROBLEM_KINDS = {
  'unreadable-body': {
    status: 400,
    meaning:
      'The body is empty, cut off, not valid gzip, not UTF-8 or not JSON of the expected kind.',
  },
  'not-valid': {
    status: 400,
    meaning: 'A field of the body is not what was expected; `errors` names each.',
  },
  'none-good': {
    status: 400,
    meaning: 'No event of the request is valid; `errors` has the reason for each by its index.',
  },
  'bad-parameter': {
    status: 400,
    meaning: 'A parameter of the path or the query is unknown, repeated or not valid.',
  },
  'bad-request': {
    status: 400,
    meaning: 'The request has no valid `Host` header or path, or is no HTTP that can be read.',
  },
  unauthorized: {
    status: 401,
    meaning: 'The token or signature is missing or wrong, or there is no such cluster.',
  },
  'foreign-origin': {
    status: 403,
    meaning: 'The relay runs without tokens, and the request is from another host or page.',
  },
  'viewer-only': {
    status: 403,
    meaning: 'The token is that of a viewer, who may read and may change nothing.',
  },
  'unknown-path': { status: 404, meaning: 'There is nothing at this path.' },
  'unknown-cluster': { status: 404, meaning: 'The relay has no cluster of this name.' },
  'unknown-delivery': { status: 404, meaning: 'There is no delivery of this id, or no longer.' },
  'unknown-event': {
    status: 404,
    meaning: 'There is no record of an event of this id, or no longer.',
  },
  'unknown-provider': {
    status: 404,
    meaning: 'The cluster has no Provider of this name that is valid.',
  },
  'unknown-silence': {
    status: 404,
    meaning: 'The cluster has no silence of this id, or no longer.',
  },
  'no-config': { status: 404, meaning: 'The cluster has not sent a configuration yet.' },
  'wrong-method': { status: 405, meaning: 'The path has other methods; `Allow` names them.' },
  'stale-config': {
    status: 409,
    meaning: 'The stored configuration was taken later; `storedAt` says when.',
  },
  'config-owned': {
    status: 409,
    meaning: 'The manifests folder of the relay owns the configuration and Secrets of the cluster.',
  },
  'not-replayable': { status: 409, meaning: 'The delivery cannot be replayed as it stands.' },
  'not-dismissible': { status: 409, meaning: 'The delivery is not dead, or cannot be read.' },
  'too-many-silences': {
    status: 409,
    meaning: 'The cluster has as many silences in force as it may have.',
  },
  'too-large': { status: 413, meaning: 'The body has too many bytes or values.' },
  'unknown-encoding': { status: 415, meaning: '`Content-Encoding` is neither gzip nor missing.' },
  internal: { status: 500, meaning: 'The relay has a bug; its log has more.' },
  'not-ready': {
    status: 503,
    meaning: 'The relay is starting or stopping, or cannot store anything now.',
  },
  'not-stored': {
    status: 503,
    meaning: 'A store failed. Nothing is lost if the request is sent again.',
  },
  overloaded: { status: 503, meaning: 'Too much is under way at once; send the request again.' },
} as const satisfies Readonly<Record<string, ProblemKind>>

export type ProblemCode = keyof typeof PROBLEM_KINDS
