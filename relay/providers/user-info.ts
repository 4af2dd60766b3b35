/** The user name and password of an address, decoded. */
export interface UserInfo {
  readonly username: string
  readonly password: string
}

/** An `http:` or `https:` address without its user info. */
export interface PlainAddress {
  readonly address: string
  /** The user info as it stands in the URL, percent-encoded; undefined when there is none. */
  readonly encoded: UserInfo | undefined
}

const AUTHORITY_BEFORE_HOST = /^(https?:\/\/)[^/?#\\]*@/i

/**
 * Removes the user info from an `http:` or `https:` URL: RFC 3986, section 3.2.1. The rest stays as
 * it is written. Any other text is returned unchanged.
 */
export function withoutUserInfo(text: string): PlainAddress {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    return { address: text, encoded: undefined }
  }
  const { username, password } = url
  const address = text.replace(AUTHORITY_BEFORE_HOST, '$1')
  return {
    // A spelling that only a URL parser understands, such as `http:user@host`.
    address: hasUserInfo(address) ? hrefWithout(url) : address,
    encoded: username === '' && password === '' ? undefined : { username, password },
  }
}

function hasUserInfo(text: string): boolean {
  const url = URL.parse(text)
  return url === null || url.username !== '' || url.password !== ''
}

function hrefWithout(url: URL): string {
  const plain = new URL(url)
  plain.username = ''
  plain.password = ''
  return plain.href
}

/**
 * The user info of an address with or without a scheme: the text up to the last `@` before the
 * path.
 */
const USER_INFO = /^(?:[a-z][a-z\d+.-]*:\/\/)?([^\s/?#\\]*)@/i

/** The user info of each address in a list with commas, with any schemes; percent-encoded. */
export function userInfosOf(addresses: string): readonly UserInfo[] {
  return addresses.split(',').flatMap((address) => {
    const [, text] = USER_INFO.exec(address.trim()) ?? []
    return text === undefined ? [] : [splitUserInfo(text)]
  })
}

/** Reads `user:password` or `user`: only the first colon separates them. */
export function splitUserInfo(text: string): UserInfo {
  const [username = '', ...rest] = text.split(':')
  return { username, password: rest.join(':') }
}

/** The decoded user info; undefined when it is not percent-encoded UTF-8. */
export function decodeUserInfo({ username, password }: UserInfo): UserInfo | undefined {
  try {
    return { username: decodeURIComponent(username), password: decodeURIComponent(password) }
  } catch {
    return undefined
  }
}
