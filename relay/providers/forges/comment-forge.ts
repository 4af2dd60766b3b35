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

/** The URLs of one change request's comments. */
export interface CommentUrls {
  /** The URL to which new comments are posted. */
  readonly comments: string
  readonly firstHundred: string
  readonly comment: (id: string) => string
  /**
   * What to ask after a server error for the list, at forges that answer so for a missing change
   * request.
   */
  readonly changeRequest?: { readonly url: string; readonly absence: string }
}

/** The request that tells whose comments are ours. */
export interface SelfRequest {
  readonly url: string
  readonly headers: Headers
  /** Reads the author of our comments from the answer. */
  readonly author: ZodType<string>
  /** The texts that must be masked in addition to those of the settings. */
  readonly secrets: readonly string[]
}

/** The settings that all types with comments have. */
export interface CommentSettings {
  /** The UID of the Provider, which is a part of the marker. */
  readonly providerUid: string
}

/** How to use a forge's API for the comments of a change request. */
export interface CommentForge<S extends CommentSettings> {
  /** The `type` of the Provider. */
  readonly type: string
  readonly settings: ZodType<S>
  readonly markerName: 'flux-pr-comment-key' | 'flux-mr-comment-key'
  /** The longest comment, in characters. UTF-16 units are counted, which are never fewer. */
  readonly maxLength: number
  readonly editMethod: 'PATCH' | 'PUT'
  /** Reads one comment. */
  readonly comment: ZodType<Comment>
  /** The end of a line within a paragraph, if a plain line end is not enough. */
  readonly lineEnd?: string
  urls(settings: S, changeRequest: string): CommentUrls
  /** Fetches all headers except the content type. */
  authorize(settings: S, tryPorts: TryPorts): Promise<Authorization>
  /** The request that tells who we are. `headers` are those of `authorize`. */
  self(settings: S, headers: Headers, tryPorts: TryPorts): Promise<SelfRequest>
  classify(response: HttpResponse): Verdict
}

/** What a 404 can mean for a type with comments. */
export const COMMENT_NOT_FOUND =
  'the repository or the change request is not found, or the token lacks the right to comment'

/** A comment of GitHub and Gitea. It has no author when the account was deleted. */
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
