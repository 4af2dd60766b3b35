import { describe, expect, it } from 'vitest'
import { serviceMessage } from '../../../relay/providers/formats/service-message.ts'

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
