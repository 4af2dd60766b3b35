import { describe, expect, it } from 'vitest'
import { html } from '../../console/html.ts'

describe('html', () => {
  it('escapes every text', () => {
    const text = `<b a="1" c='2'>&amp;</b>`
    expect(html`<p>${text}</p>`.toString()).toBe(
      '<p>&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;&lt;/b&gt;</p>',
    )
  })

  it('leaves no way out of a quoted attribute', () => {
    expect(html`<a title="${'" onclick="x'}" id='${"' y='"}'></a>`.toString()).toBe(
      '<a title="&quot; onclick=&quot;x" id=\'&#39; y=&#39;\'></a>',
    )
  })

  it('takes numbers, zero too, its own HTML, and arrays of all of them', () => {
    const items = ['<', 0, html`<br>`, [html`<i>${'&'}</i>`, 1.5]]
    expect(html`[${items}]`.toString()).toBe('[&lt;0<br><i>&amp;</i>1.5]')
    expect(html`${[]}`.toString()).toBe('')
  })

  it('does not take for its own what only looks like it', () => {
    const forged = JSON.parse('[["<script>"]]')
    expect(html`${forged}`.toString()).toBe('&lt;script&gt;')
  })
})
