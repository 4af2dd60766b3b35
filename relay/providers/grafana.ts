import { z } from 'zod'
import type { Event } from '../model/event.ts'
import { ellipsize } from '../model/text.ts'
import { classifyServiceAnswer } from './answers/service-answer.ts'
import { basicOrBearer, basicOrBearerFields } from './auth/basic-or-bearer.ts'
import { httpProvider } from './contract.ts'
import { postJson } from './messages/json-request.ts'
import { mainEntries, withFitting } from './messages/metadata-order.ts'
import { sortedMetadata, titleOf } from './messages/names.ts'
import { jsonBytes, withShortValues } from './messages/size-limit.ts'
import { webhookAddress } from './settings.ts'

/**
 * The most bytes of all tags as JSON, which is Grafana's default for `tags_length`:
 * https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/#annotations
 */
const MAX_TAGS_BYTES = 500

/**
 * The longest part of a tag before or after its colon, in characters. Grafana's columns have this
 * width.
 */
const MAX_TAG_PART_LENGTH = 100

/**
 * The most bytes, as JSON, of a part that is in every annotation: four of them leave room for the
 * rest. Kubernetes names, once they are cut to the column's width, never have more.
 */
const MAX_OWN_PART_BYTES = 104

/**
 * The lengths to which metadata is cut, one after the other, before all but the main entries are left
 * out. UTF-16 units.
 */
const VALUE_LENGTHS = [MAX_TAG_PART_LENGTH, 48, 24] as const

/**
 * Grafana: an annotation that any dashboard can show by its tags. It has no message.
 * https://grafana.com/docs/grafana/latest/developers/http_api/annotations/
 */
export const grafana = httpProvider({
  type: 'grafana',
  family: 'stream',
  hasTitle: true,
  settings: z
    .object({ address: webhookAddress(), ...basicOrBearerFields() })
    .transform(({ address, ...credentials }, context) => ({
      address,
      headers: basicOrBearer(credentials, 'Bearer', context),
    })),
  fit({ event, authored }) {
    const short = VALUE_LENGTHS.map((units) => withShortValues(event, units))
    const [longest = event] = short
    const main = () => withFitting(event, mainEntries({ event: longest, authored }), fits)
    return [event, ...short].find(fits) ?? main()
  },
  requests(notification, { address, headers }) {
    const { event } = notification
    const body = {
      time: Date.parse(event.timestamp),
      text: titleOf(notification),
      tags: tagsOf(event),
    }
    return [postJson(address, body, headers)]
  },
  classify: classifyServiceAnswer,
})

function fits(event: Event): boolean {
  const longest = Math.max(0, ...Object.values(event.metadata).map((value) => value.length))
  return longest <= MAX_TAG_PART_LENGTH && jsonBytes(tagsOf(event)) <= MAX_TAGS_BYTES
}

function tagsOf(event: Event): readonly string[] {
  const { kind, namespace, name } = event.involvedObject
  return [
    'flux',
    ownPart(event.reportingController),
    ...sortedMetadata(event).map(([key, value]) => tag(withoutColon(key), withoutColon(value))),
    tag('kind', ownPart(kind)),
    tag('name', ownPart(name)),
    tag('namespace', ownPart(namespace)),
  ]
}

function tag(key: string, value: string): string {
  return `${ellipsize(key, MAX_TAG_PART_LENGTH)}: ${ellipsize(value, MAX_TAG_PART_LENGTH)}`
}

function ownPart(text: string): string {
  let units = MAX_TAG_PART_LENGTH
  while (jsonBytes(ellipsize(text, units)) > MAX_OWN_PART_BYTES) units -= 1
  return ellipsize(text, units)
}

/** The text without colons. Grafana splits a tag at its first colon. */
function withoutColon(text: string): string {
  return text.replaceAll(':', '|')
}
