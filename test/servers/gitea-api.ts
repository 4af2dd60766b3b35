/** A user of Gitea, who signs in with a password. */
export interface GiteaUser {
  readonly username: string
  readonly password: string
}

interface NewRepository {
  readonly owner?: string | undefined
  readonly private?: boolean
}

/** The API of a Gitea, as one of its users: https://docs.gitea.com/api/ */
export class GiteaApi {
  readonly #url: string
  readonly #user: GiteaUser

  constructor(url: string, user: GiteaUser) {
    this.#url = url
    this.#user = user
  }

  /** The same as another user, who is made. */
  async as(username: string): Promise<GiteaApi> {
    const user = { username, password: this.#user.password }
    const email = `${username}@gitea.test`
    await this.call('POST', 'admin/users', { ...user, email, must_change_password: false })
    return new GiteaApi(this.#url, user)
  }

  /** The JSON of an answer; rejects, with its text, where it is no success. */
  async call<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const text = await this.#text(method, path, body)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }

  /** An access token: https://docs.gitea.com/development/oauth2-provider#scopes */
  async token(...scopes: readonly string[]): Promise<string> {
    const path = `users/${this.#user.username}/tokens`
    const body = { name: crypto.randomUUID(), scopes }
    return (await this.call<{ readonly sha1: string }>('POST', path, body)).sha1
  }

  /** Makes an empty repository, of an organisation or of the user; returns `owner/name`. */
  async repository({ owner, ...changes }: NewRepository = {}): Promise<string> {
    const path = owner === undefined ? 'user/repos' : `orgs/${owner}/repos`
    const body = { name: `r-${crypto.randomUUID()}`, default_branch: 'main', ...changes }
    return (await this.call<{ readonly full_name: string }>('POST', path, body)).full_name
  }

  /** Commits a new file; returns the commit's hash. */
  async commit(repository: string, changes: { readonly new_branch?: string } = {}) {
    const path = `repos/${repository}/contents/${crypto.randomUUID()}.txt`
    const content = Buffer.from('a file').toString('base64')
    const body = { message: 'Add a file', content, ...changes }
    const answer = await this.call<{ commit: { sha: string } }>('POST', path, body)
    return answer.commit.sha
  }

  /** The statuses of a commit, oldest first. */
  statuses(repository: string, sha: string) {
    const path = `repos/${repository}/commits/${sha}/statuses?sort=oldest`
    return this.call<readonly Readonly<Record<string, unknown>>[]>('GET', path)
  }

  /** The HTML that a comment of this text is shown as. */
  markup(repository: string, text: string): Promise<string> {
    const body = { Text: text, Mode: 'comment', Context: `/${repository}` }
    return this.#text('POST', 'markup', body)
  }

  async #text(method: string, path: string, body?: unknown): Promise<string> {
    const { username, password } = this.#user
    const response = await fetch(`${this.#url}/api/v1/${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (response.ok) return text
    throw new Error(`${method} ${path}: HTTP ${response.status}: ${text}`)
  }
}
