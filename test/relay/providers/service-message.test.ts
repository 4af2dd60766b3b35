import { describe, expect, it } from 'vitest'
import { serviceMessage, serviceWords } from '../../../relay/providers/messages/service-message.ts'
import { response } from '../../support/notifications.ts'

describe('serviceMessage', () => {
  it.each([
    ['GitHub', '{"message":"Not Found","status":"404"}', 'Not Found'],
    [
      'GitHub validation',
      '{"message":"Validation Failed","errors":[{"resource":"Status","code":"custom","message":"too many"},{"code":"missing"}]}',
      'Validation Failed: too many; {"code":"missing"}',
    ],
    ['GitLab', '{"message":"404 Commit Not Found"}', '404 Commit Not Found'],
    ['GitLab parameters', '{"error":"state is missing"}', 'state is missing'],
    ['GitLab fields', '{"message":{"name":["is too long"]}}', '{"name":["is too long"]}'],
    [
      'Bitbucket',
      '{"type":"error","error":{"message":"key: too long","fields":{}}}',
      'key: too long',
    ],
    ['Telegram', '{"ok":false,"description":"chat not found"}', 'chat not found'],
    ['Zulip', '{"result":"error","msg":"Invalid API key"}', 'Invalid API key'],
    [
      'Sentry',
      '{"detail":"invalid event envelope","causes":["unexpected end of file"]}',
      'invalid event envelope: unexpected end of file',
    ],
    [
      'Opsgenie',
      '{"message":"Request body is not processable.","errors":{"message":"may not be empty"}}',
      'Request body is not processable.: may not be empty',
    ],
    [
      'Discord',
      '{"message":"Invalid Form Body","code":50035,"errors":{"content":{"_errors":[1]}}}',
      'Invalid Form Body: {"content":{"_errors":[1]}}',
    ],
    [
      'Discord for Slack',
      '{"username":["Must be between 1 and 80 in length.","Username cannot be \\"\\""],"embeds":["0"]}',
      'username: Must be between 1 and 80 in length. Username cannot be ""; embeds: 0',
    ],
    ['no errors of fields', '{"messages":[],"ids":["1"]}', undefined],
    [
      'RFC 9457',
      '{"type":"about:blank","title":"Bad Request","detail":"no such room"}',
      'no such room',
    ],
    ['lines and controls', '{"message":"a\\n\\tb\\u001b[31m c"}', 'a b [31m c'],
    ['a long text', `{"message":"${'x'.repeat(5_000)}"}`, `${'x'.repeat(199)}…`],
    ['no text', '{"message":null}', undefined],
    ['a blank text', '{"message":"  "}', undefined],
    ['other JSON', '{"state":"success"}', undefined],
    ['an array', '["message"]', undefined],
    ['a cut body', '{"message":"Not Fou', undefined],
    ['a page', '<html>', undefined],
    ['nothing', '', undefined],
    ['deep nesting', `{"message":${'['.repeat(9_000)}${']'.repeat(9_000)}}`, /^\[+…$|^undefined$/],
  ])('reads the answer of %s', (_, body, expected) => {
    const message = serviceMessage(body)
    if (expected instanceof RegExp) expect(String(message)).toMatch(expected)
    else expect(message).toBe(expected)
  })
})

describe('serviceWords', () => {
  it.each([
    ['a word', 'invalid_payload', 'invalid_payload'],
    ['a word and a line end', 'no_text\r\n', 'no_text'],
    ['a sentence', '404 page not found\n', '404 page not found'],
    ['lines', 'upstream error:\n\tconnection refused', 'upstream error: connection refused'],
    ['a JSON string', '"Bad webhook"', 'Bad webhook'],
    ['JSON', '{"message":"Not Found"}', 'Not Found'],
    ['a long text', 'x'.repeat(1_000), `${'x'.repeat(199)}…`],
    ['a text that is no sentence', 'x'.repeat(2_001), undefined],
    ['a page', '<!doctype html><p>no', undefined],
    ['half a JSON text', '{"message":"Not Fou', undefined],
    ['bytes', '\u0008\u0012nothing', undefined],
    ['what is no UTF-8', 'nothing\ufffd', undefined],
    ['nothing', ' \n', undefined],
  ])('reads %s', (_, body, expected) => {
    expect(serviceWords(response(400, body))).toBe(expected)
  })

  it('reads no text that was cut off', () => {
    expect(serviceWords({ ...response(400, 'it is not'), truncated: true })).toBeUndefined()
  })
})
