import { z } from 'zod'
import type { Event } from '../model/event.ts'
import { ellipsize } from '../model/text.ts'
import { classifyGithub } from './answers/github-answer.ts'
import { httpProvider } from './contract.ts'
import {
  authorizeGithub,
  type GithubRepository,
  githubFields,
  githubHeaders,
  githubRepository,
} from './forges/github-repository.ts'
import { eventJson } from './messages/event-json.ts'
import { postJson } from './messages/json-request.ts'
import { cutToFit, jsonBytes } from './messages/size-limit.ts'

const MAX_EVENT_TYPE_LENGTH = 100

/**
 * The largest payload: "Less than 64KB". The event uses eight of the ten properties that are
 * allowed.
 */
const MAX_PAYLOAD_BYTES = 65_535

const NOT_FOUND = 'the repository is not found, or the token lacks the right to write its contents'

/**
 * GitHub Actions: an event that starts workflows of a repository.
 * https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event
 */
export const githubDispatch = httpProvider<GithubRepository>({
  type: 'githubdispatch',
  family: 'stream',
  settings: z.object(githubFields()).transform(githubRepository),
  fit: (notification) =>
    cutToFit(notification, ({ event }) => jsonBytes(eventJson(event)) <= MAX_PAYLOAD_BYTES),
  requests({ event }, settings) {
    const body = { event_type: eventType(event), client_payload: eventJson(event) }
    return [postJson(`${settings.repositoryUrl}/dispatches`, body, githubHeaders(settings))]
  },
  followsRedirects: true,
  authorize: authorizeGithub,
  classify: (response) => classifyGithub(response, NOT_FOUND),
})

/** The event type, which workflows name under `types`: `Kustomization/podinfo.flux-system`. */
function eventType({ involvedObject: { kind, name, namespace } }: Event): string {
  return ellipsize(`${kind}/${name}.${namespace}`, MAX_EVENT_TYPE_LENGTH)
}
