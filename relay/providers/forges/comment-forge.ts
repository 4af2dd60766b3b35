import { type ZodType, z } from 'zod'
import type { HttpResponse } from '../../ports/http.ts'
import type { Authorization, TryPorts } from '../contract.ts'
import type { Verdict } from '../verdict.ts'

type Headers = Readonly<Record<string, string>>

/** A comment as a forge shows it. */
export interface Comment {
  readonly id: string
  readonly author: string
  readonly body: string
}

/** Where the comments of one change request are. */
export interface CommentUrls {
  /** New ones are posted here. */
  readonly comments: string
  readonly firstHundred: string
  readonly comment: (id: string) => string
  /** Asked for after a server error for the list, by forges that answer one where there is none. */
  readonly changeRequest?: { readonly url: string; readonly absence: string }
}

/** How to ask a forge who we are. */
export interface SelfRequest {
  readonly url: string
  readonly headers: Headers
  /** Reads from the answer the author that our comments have. */
  readonly author: ZodType<string>
  /** What must be masked beside the settings. */
  readonly secrets: readonly string[]
}

/** What all settings of a type that comments have. */
export interface CommentSettings {
  /** Of the Provider: a part of the marker. */
  readonly providerUid: string
}

/** How a forge is spoken to about the comments of a change request. */
export interface CommentForge<S extends CommentSettings> {
  /** The type of Provider. */
  readonly type: string
  readonly settings: ZodType<S>
  readonly markerName: 'flux-pr-comment-key' | 'flux-mr-comment-key'
  /** Of a comment, in characters; counted in UTF-16 units, of which there are never fewer. */
  readonly maxLength: number
  readonly editMethod: 'PATCH' | 'PUT'
  /** Reads one comment. */
  readonly comment: ZodType<Comment>
  /** Ends a line without ending the paragraph, where a plain line end does not. */
  readonly lineEnd?: string
  urls(settings: S, changeRequest: string): CommentUrls
  /** All headers but the content type. */
  authorize(settings: S, tryPorts: TryPorts): Promise<Authorization>
  /** `headers` are those of `authorize`. */
  self(settings: S, headers: Headers, tryPorts: TryPorts): Promise<SelfRequest>
  classify(response: HttpResponse): Verdict
}

/** What a 404 can mean for a type that comments. */
export const COMMENT_NOT_FOUND =
  'the repository or the change request is not found, or the token lacks the right to comment'

/** A comment of GitHub and Gitea. That of an account which is gone has no author. */
export const IssueComment = z
  .object({
    id: z.number(),
    body: z.string().nullish(),
    user: z.object({ login: z.string() }).nullish(),
  })
  .transform(({ id, body, user }) => ({
    id: String(id),
    author: user?.login ?? '',
    body: body ?? '',
  }))

/** A user of GitHub and Gitea. */
export const UserLogin = z.object({ login: z.string().min(1) }).transform(({ login }) => login)
