import type { ZodType } from 'zod'
import type { ProblemCode } from './problem-codes.ts'

/**
 * Who may use an operation. `cluster`: a cluster with its token; `signing-cluster`: a cluster with
 * its token or a signature of the body; `any-cluster`: the cluster that the credential names, which
 * may be `Basic`; `viewer`: an operator of any role with a token; `operator`: an operator who may
 * make changes, with a token.
 */
export type Access =
  | 'cluster'
  | 'signing-cluster'
  | 'any-cluster'
  | 'viewer'
  | 'operator'
  | 'cluster-or-viewer'

/** A parameter of the query. */
export interface QueryParameter {
  readonly name: string
  readonly description: string
}

/** One method of one path of the API. */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** The path, with its parameters in braces, as in OpenAPI. */
  readonly path: string
  readonly access: Access
  readonly summary: string
  readonly query?: readonly QueryParameter[]
  readonly body?: ZodType
  /** Whether the request may come without a body. */
  readonly isBodyOptional?: true
  readonly success: {
    readonly status: 200 | 202
    /** The schema of the body; undefined for an answer without a body. */
    readonly body?: ZodType
    /** The media type of the body; the default is `application/json`. */
    readonly contentType?: string
  }
  /** The problem codes that it can get, in addition to those of every request. */
  readonly problems: readonly ProblemCode[]
}
