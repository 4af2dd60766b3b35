import { describe, expect, it } from 'vitest'
import { lark } from '../../../relay/providers/lark.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import {
  notificationOf,
  requestsOf,
  response,
  secretsOf,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'

const ADDRESS = 'https://open.larksuite.com/open-apis/bot/v2/hook/7a1f-hook'
const settings = settingsOf(lark, {}, { address: ADDRESS })

/** The golden card around what differs. */
function card(title: string, template: string, content: string) {
  return {
    msg_type: 'interactive',
    card: {
      config: { wide_screen_mode: true },
      header: { title: { tag: 'plain_text', content: title }, template },
      elements: [{ tag: 'div', text: { tag: 'lark_md', content } }],
    },
  }
}

function bodyOf(...args: Parameters<typeof notificationOf>): unknown {
  const [request] = requestsOf(lark, notificationOf(...args), settings)
  return withJsonBody(request).body
}

describe('lark requests', () => {
  it('posts an info event as a turquoise card', () => {
    expect(requestsOf(lark, notificationOf('kustomization-finished'), settings)).toEqual([
      {
        method: 'POST',
        url: ADDRESS,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(
          card(
            '💫 kustomization/podinfo.flux-system',
            'turquoise',
            '**Reconciliation finished in 2.084434647s, next run in 5m0s**\n\n' +
              'revision: main/9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d\n',
          ),
        ),
      },
    ])
  })

  it('posts an error as a red card, with the metadata sorted', () => {
    expect(bodyOf('helmrelease-upgrade-failed')).toEqual(
      card(
        '🚨 helmrelease/webapp.apps',
        'red',
        '**Helm upgrade failed for release apps/webapp with chart webapp@1.4.2: context deadline exceeded**\n\n' +
          'app-version: 2.0.1\n' +
          'deploymentID: e076e315-5a48-41c3-81c8-8d8bdee7d74d\n' +
          'revision: 1.4.2\n',
      ),
    )
  })

  it('posts a progress event without metadata', () => {
    expect(bodyOf('kustomization-configured', { metadata: null })).toEqual(
      card(
        '💫 kustomization/podinfo.flux-system',
        'turquoise',
        '**Deployment/podinfo/podinfo configured\nService/podinfo/podinfo unchanged**\n\n',
      ),
    )
  })

  it('shows markup of others as they wrote it', () => {
    const changes = {
      message: 'déployé 🚀 <b>"x"</b> *y* & `z`',
      metadata: { 'kustomize.toolkit.fluxcd.io/team': 'Ünïts & <co> 🦊' },
    }
    expect(bodyOf('kustomization-applied', changes)).toEqual(
      card(
        '💫 kustomization/podinfo.flux-system',
        'turquoise',
        '**déployé 🚀 &#60;b&#62;"x"&#60;/b&#62; &#42;y&#42; & &#96;z&#96;**\n\nteam: Ünïts & &#60;co&#62; 🦊\n',
      ),
    )
  })

  it.each(['x', '"', '配', '🚀'])('cuts a long message of %s to a body of 20 kB', (character) => {
    const message = character.repeat(39_000)
    const [request] = requestsOf(
      lark,
      notificationOf('kustomization-applied', { message }),
      settings,
    )
    const body = String(request?.body)
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(20_000)
    expect(Buffer.byteLength(body)).toBeGreaterThan(19_990)
    expect(body.includes('…**\\n\\ncommit_status: update\\nrevision: main@sha1:9e2f')).toBe(true)
    expect(body.isWellFormed()).toBe(true)
  })
})

describe('lark settings', () => {
  it.each([
    ['no address', {}, {}, /^address: set spec\.address/],
    ['a blank Secret address', { address: ADDRESS }, { address: ' ' }, /^address: set spec\./],
    ['an address that is no URL', { address: 'general' }, {}, /^address: set spec\.address/],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(lark, spec, secret)).toThrow(message)
  })

  it('masks the hook', () => {
    expect(secretsOf(lark, {}, { address: ADDRESS })).toContain('/open-apis/bot/v2/hook/7a1f-hook')
  })
})

describe('lark answers', () => {
  it.each([
    [200, '{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}'],
    [200, '{"ok":true}'],
    [200, 'ok'],
    [200, '{"code":11232,"msg":"cut of'],
  ])('takes %i %s for a success', (status, body) => {
    expect(lark.classify?.(response(status, body))).toEqual({ kind: 'delivered' })
  })

  it.each([
    [11_232, 'frequency limited psm[lark.oapi.app_platform_runtime]', 'retry'],
    [11_232, 'system busy', 'retry'],
    [11_220, 'too many requests', 'retry'],
    [230_020, 'chat rate limit', 'retry'],
    [99_991_400, 'request trigger frequency limit', 'retry'],
    [9_499, 'too many request', 'retry'],
    [9_499, 'Bad Request', 'rejected'],
    [19_001, 'param invalid: incoming webhook access token invalid', 'unauthorized'],
    [19_021, 'sign match fail or timestamp is not within one hour from current time', 'rejected'],
    [19_022, 'Ip Not Allowed', 'rejected'],
    [19_024, 'Key Words Not Found', 'rejected'],
  ])('judges code %i, %s, with status 200 and 400', (code, msg, kind) => {
    const body = JSON.stringify({ code, msg, data: {} })
    const verdict = { kind, reason: `Lark answered code ${code}: ${msg}` }
    expect(lark.classify?.(response(200, body))).toMatchObject(verdict)
    expect(lark.classify?.(response(400, body))).toMatchObject(verdict)
  })

  it('judges a code without a message', () => {
    const verdict = { kind: 'rejected', reason: 'Lark answered code 19002' }
    expect(lark.classify?.(response(200, '{"code":19002,"msg":null}'))).toEqual(verdict)
  })

  it('goes by the status of a server error', () => {
    const verdict = lark.classify?.(response(500, '{"code":19024,"msg":"x"}'))
    expect(verdict).toEqual({ kind: 'retry', reason: 'HTTP 500: x', applied: 'unknown' })
  })
})

describeStatusClasses(lark)
