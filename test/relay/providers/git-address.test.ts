import { describe, expect, it } from 'vitest'
import { encodePath, parseGitAddress } from '../../../relay/providers/forges/git-address.ts'

describe('parseGitAddress', () => {
  it.each([
    ['https://github.com/o/r', 'https://github.com', 'github.com', ['o', 'r']],
    ['https://github.com/o/r.git', 'https://github.com', 'github.com', ['o', 'r']],
    ['http://git.corp/o/r', 'http://git.corp', 'git.corp', ['o', 'r']],
    ['HTTPS://GitHub.COM/Own/Repo', 'https://github.com', 'github.com', ['Own', 'Repo']],
    ['https://git.corp:8443/o/r.git', 'https://git.corp:8443', 'git.corp:8443', ['o', 'r']],
    ['http://git.corp:3000/o/r', 'http://git.corp:3000', 'git.corp:3000', ['o', 'r']],
    ['https://github.com:443/o/r', 'https://github.com', 'github.com', ['o', 'r']],
    ['ssh://git@github.com/o/r', 'https://github.com', 'github.com', ['o', 'r']],
    ['ssh://github.com/o/r.git', 'https://github.com', 'github.com', ['o', 'r']],
    ['ssh://git@git.corp:2222/o/r.git', 'https://git.corp', 'git.corp', ['o', 'r']],
    ['ssh://git@[2001:db8::1]:22/o/r', 'https://[2001:db8::1]', '[2001:db8::1]', ['o', 'r']],
    ['https://me@git.corp/o/r', 'https://git.corp', 'git.corp', ['o', 'r']],
    ['git@github.com:o/r.git', 'https://github.com', 'github.com', ['o', 'r']],
    ['git@GitHub.com:o/r', 'https://github.com', 'github.com', ['o', 'r']],
    ['git@git.corp:/o/r.git', 'https://git.corp', 'git.corp', ['o', 'r']],
    ['org-1@github.com:o/r.git', 'https://github.com', 'github.com', ['o', 'r']],
    ['https://gitlab.com/a/b/c/d', 'https://gitlab.com', 'gitlab.com', ['a', 'b', 'c', 'd']],
    ['https://gitlab.com/12345', 'https://gitlab.com', 'gitlab.com', ['12345']],
    ['https://git.corp/o/r.git.git', 'https://git.corp', 'git.corp', ['o', 'r.git']],
    ['https://git.corp/o/my%20repo', 'https://git.corp', 'git.corp', ['o', 'my repo']],
    ['https://git.corp/o/my repo', 'https://git.corp', 'git.corp', ['o', 'my repo']],
    ['https://git.corp/o/r%3Fx%23y', 'https://git.corp', 'git.corp', ['o', 'r?x#y']],
    ['https://git.corp/~me/r', 'https://git.corp', 'git.corp', ['~me', 'r']],
    ['https://git.corp/o/...', 'https://git.corp', 'git.corp', ['o', '...']],
    ['https://me:hunter2@git.corp/o/r', 'https://git.corp', 'git.corp', ['o', 'r']],
    ['https://user:to@ken@git.corp:8443/o/r', 'https://git.corp:8443', 'git.corp:8443', ['o', 'r']],
    ['ssh://git:hunter2@git.corp/o/r', 'https://git.corp', 'git.corp', ['o', 'r']],
    ['https://git.corp/o/r?version=GBmain', 'https://git.corp', 'git.corp', ['o', 'r']],
    ['https://git.corp/o/r.git?ref=main#a/b', 'https://git.corp', 'git.corp', ['o', 'r']],
    ['https://git.corp/o/r#readme', 'https://git.corp', 'git.corp', ['o', 'r']],
    ['git@git.corp:o/r.git#readme', 'https://git.corp', 'git.corp', ['o', 'r']],
    ['github.com:o/r', 'https://github.com', 'github.com', ['o', 'r']],
    ['github.com:o/r.git', 'https://github.com', 'github.com', ['o', 'r']],
    ['gitea:/o/r.git', 'https://gitea', 'gitea', ['o', 'r']],
    ['git@ssh:o/r', 'https://ssh', 'ssh', ['o', 'r']],
    ['https://git.corp//o/r', 'https://git.corp', 'git.corp', ['o', 'r']],
    ['ssh://git@git.corp///o/r.git', 'https://git.corp', 'git.corp', ['o', 'r']],
    ['https://git.corp/g%2Fsub%2Fp.git', 'https://git.corp', 'git.corp', ['g', 'sub', 'p']],
    ['https://git.corp/o/a%2fb', 'https://git.corp', 'git.corp', ['o', 'a', 'b']],
  ])('reads %s', (text, origin, host, path) => {
    expect(parseGitAddress(text)).toMatchObject({ origin, host, path })
  })

  it.each([
    ['', /set spec\.address/],
    ['general', /expected a Git repository/],
    ['github.com/o/r', /expected a Git repository/],
    ['https://github.com', /expected a Git repository/],
    ['https://github.com/', /expected a Git repository/],
    ['https:///o/r', /expected a Git repository/],
    ['https:/git.corp/o/r', /expected a Git repository/],
    ['http:git.corp/o/r', /expected a Git repository/],
    ['SSH:/git@git.corp/o/r', /expected a Git repository/],
    ['https://git.corp:port/o/r', /expected a Git repository/],
    ['https://git corp/o/r', /expected a Git repository/],
    [' https://git.corp/o/r', /expected a Git repository/],
    ['git://git.corp/o/r', /expected a Git repository/],
    ['ftp://git.corp/o/r', /expected a Git repository/],
    ['file:///o/r', /expected a Git repository/],
    ['https://git.corp\\@evil.example/o/r', /a backslash/],
    ['https://git.corp/o/\tr', /a control character/],
    ['https://git.corp/o/r\n', /a control character/],
    ['https://git.corp/o/r/', /must not end in \//],
    ['https://git.corp/o/r.git/', /must not end in \//],
    ['git@git.corp:o/r/', /must not end in \//],
    ['https://git.corp//', /must not end in \//],
    ['https://git.corp/o//r', /a part that is empty/],
    ['https://git.corp/o/.git', /a part that is empty/],
    ['https://git.corp/o/../r', /a part that is empty, \. or \.\./],
    ['https://git.corp/./r', /a part that is empty, \. or \.\./],
    ['https://git.corp/o/%2e%2E', /a part that is empty, \. or \.\./],
    ['https://git.corp/o/...git', /a part that is empty, \. or \.\./],
    ['https://git.corp/o/..%2F..%2Fr', /a part that is empty, \. or \.\./],
    ['https://git.corp/o/r%2F', /a part that is empty/],
    ['https://git.corp/?o/r', /expected a Git repository/],
    ['https://me:hunter2/o/r', /expected a Git repository/],
    ['ssh:///o/r', /expected a Git repository/],
    ['https://git.corp/o/a%5Cb', /a part/],
    ['https://git.corp/o/a%00b', /a part/],
    ['https://git.corp/o/r%20', /a part/],
    ['https://git.corp/o/100%', /not percent-encoded/],
    ['https://git.corp/o/%ff', /not percent-encoded/],
    ['https://git.corp/o/\ud800', /a part/],
  ])('refuses %j', (text, error) => {
    expect(parseGitAddress(text)).toEqual({ error: expect.stringMatching(error) })
  })

  it('never repeats the password of an address it refuses', () => {
    for (const text of ['https://me:hunter2/o/r', 'ssh://me:hunter2@git.corp/o//r']) {
      expect(JSON.stringify(parseGitAddress(text))).not.toContain('hunter2')
    }
  })

  it('takes no longer than its length over hostile text', () => {
    const started = performance.now()
    for (const part of ['a', '@', ':', '/', '.', '%2e', 'ssh://', 'git@']) {
      parseGitAddress(part.repeat(50_000))
      parseGitAddress(`git@${part.repeat(50_000)}`)
      parseGitAddress(`https://${part.repeat(50_000)}`)
    }
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

describe('encodePath', () => {
  it('encodes each part for itself', () => {
    expect(encodePath(['my org', 'r?x#y', 'ä', '{id}'])).toBe('my%20org/r%3Fx%23y/%C3%A4/%7Bid%7D')
  })
})
